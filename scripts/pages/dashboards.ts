import { dashboardAnswers } from '../../dashboards/answers.ts';
import { dashboards } from '../../dashboards/index.ts';
import { unshownMetrics } from '../../dashboards/unshown-metrics.ts';

/** The page that describes every panel of every dashboard. */
export function dashboardsPage(): string {
  return `# Dashboards

Generated from the code by \`npm run dashboards\`. Three dashboards for Grafana 12 answer the same four questions without
scrolling: which node, which device, since when, and what changed before. They link to each other and keep the time range
and the selection.

${Object.entries(dashboards).map(section).join('\n')}
## Import

- **As a demo**: \`docker compose -f deploy/compose.yaml up\` builds the agent and starts it with Prometheus,
  Alertmanager and Grafana on http://localhost:3000, with rules and dashboards.
- **By provisioning**: copy [deploy/grafana/provisioning](../deploy/grafana/provisioning) to
  \`/etc/grafana/provisioning\`, set the URL of your Prometheus in \`datasources/nicwatch.yaml\` (or omit that file), and copy
  \`dashboards/*.json\` to \`/var/lib/grafana/dashboards/nicwatch\`.
- **By hand**: in Grafana, Dashboards, New, Import, and upload the three files of [dashboards](../dashboards).

Provisioned dashboards are read-only: change the code in \`dashboards/\`, or save a copy.

## Requirements

- **A label \`node\`** on all series of the agent, added by the scrape as in [deploy/prometheus](../deploy/prometheus).
  Without it, all nodes look like one. A label \`cluster\` is optional.
- **The job \`nicwatch\`**, as in the alert rules, for \`up\` and \`process_*\`.
- **The data source's scrape interval** set to that of Prometheus: \`$__rate_interval\` is computed from it.
- **The rules of [alerts](../alerts)** in Prometheus, including the recording rules: problems and their start times, the states of
  devices and everything about pairs of nodes come from them, so that a page of 500 nodes takes Prometheus seconds instead of
  half a minute. \`npm run bench -- dashboard-cost\` measures it. Without them, Fleet shows that they are not loaded.
- For nicwatch / Cross-node, agents with **\`--collector.wire\`**, whose packets it shows first, and
  **\`grpc_client_handled_total\` with the labels \`source_node\` and \`dest_node\`**, or the optional rules
  \`alerts/cross-node-*.rules.yaml\` that add them.
- The URL of your runbooks in the constant \`runbooks\` of each dashboard; by default links lead to those of the alert rules.

A table of problems shows "Nothing is wrong" if there are none, and has a row "No agent reports" if no agent is scraped. An
unavailable value is absent, never zero: a device whose driver does not count checksum errors has no line. Red lines mark when a
node became critical; annotations of other alerts can be enabled at the top.

## Metrics on no dashboard

| metric | why |
|---|---|
${Object.entries(unshownMetrics)
  .map(([metric, reason]) => `| \`${metric}\` | ${reason} |\n`)
  .join('')}`;
}

function section([name, create]: readonly [string, (typeof dashboards)[string]]): string {
  const { title = '', description = '', panels = [] } = create();
  const rows = panels.map((panel) =>
    'panels' in panel
      ? `| **${panel.title}** | |\n`
      : `| ${panel.title} | ${'description' in panel ? panel.description : ''} |\n`,
  );
  const answers = Object.entries(dashboardAnswers[name] ?? {}).map(
    ([question, titles]) => `- ${question} ${titles.join(', ')}.\n`,
  );
  return `## ${title}

${description}

![${title}, of a simulated fleet of twelve nodes in trouble](dashboards/${name}.png)

![The layout of ${title}](dashboards/${name}.svg)

${answers.join('')}
| panel | shows |
|---|---|
${rows.join('')}`;
}
