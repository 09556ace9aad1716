import { dashboardAnswers } from '../../dashboards/answers.ts';
import { dashboards } from '../../dashboards/index.ts';
import { unshownMetrics } from '../../dashboards/unshown-metrics.ts';

/** The page that describes every panel of every dashboard. */
export function dashboardsPage(): string {
  return `# Dashboards

Generated from the code by \`npm run dashboards\`. Three dashboards for Grafana 12 answer the same four questions, each
without scrolling: which node, which device, since when, and what changed before it. They link to each other and keep the
time range and what is chosen.

${Object.entries(dashboards).map(section).join('\n')}
## Import

- **All of it at once**, to look at: \`docker compose -f deploy/compose.yaml up\` builds the agent and starts it with Prometheus,
  Alertmanager and Grafana on http://localhost:3000, everything loaded.
- **Into a Grafana of your own, from files**: copy [deploy/grafana/provisioning](../deploy/grafana/provisioning) to
  \`/etc/grafana/provisioning\`, write your Prometheus into \`datasources/nicwatch.yaml\` (or leave that file out), and put
  \`dashboards/*.json\` into \`/var/lib/grafana/dashboards/nicwatch\`.
- **By hand**: in Grafana, Dashboards, New, Import, and upload the three files of [dashboards](../dashboards).

They are read-only there: change the code in \`dashboards/\`, or save a copy.

## What they need

- **A label \`node\`** on everything the agent exports, put there by the scrape; [deploy/prometheus](../deploy/prometheus) has it.
  Without it all nodes look like one. A label \`cluster\` is used where there is one.
- **The job \`nicwatch\`**, as in the alert rules, for \`up\` and \`process_*\`.
- **The data source's scrape interval** set to that of Prometheus: \`$__rate_interval\` is computed from it.
- **The rules of [alerts](../alerts)** in Prometheus, the recording rules too: what is wrong and since when, the states of devices,
  and all that concerns pairs of nodes are read from them, so that a page of 500 nodes costs Prometheus seconds and not
  half a minute. \`npm run bench -- dashboard-cost\` measures it. Without them Fleet says that they are not loaded.
- For nicwatch / Cross-node, agents with **\`--collector.wire\`**, whose packets it shows first, and **\`grpc_client_handled_total\` with the labels \`source_node\` and \`dest_node\`**, or the optional
  rules \`alerts/cross-node-*.rules.yaml\` that give them to it.
- Links to runbooks lead where those of the alert rules do: write where you serve them into the constant \`runbooks\` of each
  dashboard, its one place.

A table of what is wrong says "Nothing is wrong" when nothing is, and has a row "No agent reports" when nobody looks. A number
that cannot be had is absent, never zero: a device whose driver does not count checksum errors has no line. Red lines mark
when a node fell into critical trouble; the alerts of all others can be switched on at the top.

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
| panel | what it answers |
|---|---|
${rows.join('')}`;
}
