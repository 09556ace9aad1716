import { agentMetrics } from '../../src/agent/agent-families.ts';
import { processMetrics } from '../../src/agent/process-families.ts';
import { kernelEventRows } from '../../src/catalogue/kernel-events.ts';
import { curatedOffloadFeatures } from '../../src/catalogue/offload-names.ts';
import { collectorDefinitions } from '../../src/collectors/index.ts';
import { probeMetrics } from '../../src/probe/mesh-metrics.ts';
import type { Metric } from '../../src/metrics/metric.ts';
import { kernelEventNames } from '../../src/model/kernel-event.ts';
import { configMetrics } from '../../src/agent/config-families.ts';

/** The page that lists all metrics. */
export function metricsPage(): string {
  const sections = collectorDefinitions.map(
    ({ name, description, metrics, isOptIn = false }) =>
      `## Collector \`${name}\`\n\n${description} ${isOptIn ? `Off by default: enable with \`--collector.${name}\`` : `Disable with \`--no-collector.${name}\``}.\n\n${table(metrics)}`,
  );
  return `# Metrics

Generated from the code by \`npm run docs\`. \`nic_*\` are metrics of network cards, \`nicwatch_*\` of the agent.
An unavailable value is absent, never zero: [drivers.md](drivers.md) lists what each driver counts.

${sections.join('\n')}
## The agent

${table(agentMetrics)}
\`--web.disable-exporter-metrics\` excludes the following:

${table(processMetrics)}
\`--web.config.file\` and \`--known-issues.file\` add the following:

${table(configMetrics)}
## Probes between nodes

Exported by \`nicwatch probe mesh\`, on a port of its own: [probe.md](probe.md).

${table(probeMetrics)}
## Values of the label \`event\`

Counters count records of the kernel log, not incidents: a hang is logged every two seconds while it lasts, and a timeout may be
logged by both the kernel's watchdog and the driver.

${events()}
## Offload features

Exported by default, under the names that \`ethtool -k\` prints; \`--collector.offload.features=REGEX\` adds others, \`all\` adds all.

${[...curatedOffloadFeatures].map((feature) => `- \`${feature}\`\n`).join('')}`;
}

function table(metrics: readonly Metric[]): string {
  const rows = metrics.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |\n`,
  );
  return `| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

function events(): string {
  const rows = kernelEventNames.map((event) => {
    const own = kernelEventRows.filter((row) => row.event === event);
    const drivers = [...new Set(own.flatMap(({ drivers: names }) => names ?? ['any driver']))];
    const [example = ''] = own[0]?.example.split('\n') ?? [];
    return `| \`${event}\` | ${drivers.join(', ')} | \`${example}\` |\n`;
  });
  return `| event | reported by | for example |\n|---|---|---|\n${rows.join('')}`;
}
