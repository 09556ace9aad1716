import { createGenerator } from 'ts-json-schema-generator';
import { expect, test } from 'vitest';

import { agentMetrics } from '../src/agent/agent-families.ts';
import { processMetrics } from '../src/agent/process-families.ts';
import { counterMeanings, driverCounters } from '../src/catalogue/driver-counters.ts';
import type { CounterSource } from '../src/catalogue/driver-counters.ts';
import { kernelEventRows } from '../src/catalogue/kernel-events.ts';
import { knownIssues } from '../src/catalogue/known-issues.ts';
import { curatedOffloadFeatures } from '../src/catalogue/offload-features.ts';
import { counterMetrics } from '../src/collectors/ethtool.ts';
import { maxPassed } from '../src/collectors/statistic-plan.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { kernelEventNames } from '../src/model/kernel-event.ts';
import type { Metric } from '../src/metrics/metric.ts';
import type { VersionRange } from '../src/model/known-issue.ts';
import { webConfigMetrics } from '../src/web-config/web-config-families.ts';

/** `npm run docs` writes the file; the test says when it has fallen behind the code. */
test('docs/metrics.md lists what the code exports', async () => {
  await expect(metricsPage()).toMatchFileSnapshot('../docs/metrics.md');
});

test('docs/drivers.md lists what the catalogue knows of drivers', async () => {
  await expect(driversPage()).toMatchFileSnapshot('../docs/drivers.md');
});

test('docs/check.schema.json is the schema of what nicwatch check prints', async () => {
  const schema = createGenerator({
    path: new URL('../src/model/check-report.ts', import.meta.url).pathname,
    type: 'CheckResponse',
    topRef: false,
    skipTypeCheck: true,
  }).createSchema('CheckResponse');
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
    '../docs/check.schema.json',
  );
});

test('every metric is named once, by the rules of Prometheus', () => {
  const metrics = [
    ...collectorDefinitions.flatMap(({ metrics: own }) => own),
    ...agentMetrics,
    ...processMetrics,
    ...webConfigMetrics,
  ];
  const names = metrics.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type, help } of metrics) {
    expect(name).toMatch(/^(?:nic|nicwatch|process)_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(help, name).toMatch(/\.$/);
  }
});

function metricsPage(): string {
  const sections = collectorDefinitions.map(
    ({ name, description, metrics }) =>
      `## Collector \`${name}\`\n\n${description} Disable with \`--no-collector.${name}\`.\n\n${table(metrics)}`,
  );
  return `# Metrics

Generated from the code by \`npm run docs\`. \`nic_*\` speaks of the network cards, \`nicwatch_*\` of the agent.
A value that cannot be had is absent, never zero: [drivers.md](drivers.md) lists which driver counts what.

${sections.join('\n')}
## The agent

${table(agentMetrics)}
With \`--web.disable-exporter-metrics\` the following are left out.

${table(processMetrics)}
With \`--web.config.file\` there are also the following.

${table(webConfigMetrics)}
## Values of the label \`event\`

A counter counts records of the kernel log, not incidents: one hang is reported every two seconds for as long as it
lasts, and the kernel's watchdog and the driver may both report one timeout.

${events()}
## Offload features

Under the names \`ethtool -k\` prints; \`--collector.offload.features=REGEX\` adds others, \`all\` adds every one.

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

function driversPage(): string {
  return `# Drivers

Generated from the code by \`npm run docs\`.

## What their statistics mean

What \`ethtool -S\` shows under each driver's own names. A sum is taken over all queues, \`{n}\`. Where a total stands beside
its parts, or kernels have renamed a statistic, the first of the alternatives is read that a device has. \`-\` says that the
driver counts no such thing: there is no series, for absent is not zero.

\`nic_statistics_mapped\` and \`nic_statistics_unmapped\` say of how many statistics of a device this table knows the meaning:
when they change with a new kernel or driver, look here.

${driversTable()}
The names are those of \`ethtool -i\`; \`st_mac100\`, \`st_gmac\` and \`st_xgmac\` are stmmac. Devices of other drivers have
\`nic_statistics_mapped\` 0. vxlan, bridge, bond and vlan devices have no statistics of this kind.

## Statistics as they are

\`--collector.ethtool.raw=REGEX\` passes on the statistics whose whole name, as \`ethtool -S\` prints it, matches, but for those
that match \`--collector.ethtool.raw-exclude=REGEX\`: as \`nic_ethtool_statistic\`, with the number of the queue taken out of the
name and into a label. \`rx_queue_3_drops\` becomes \`statistic="rx_queue_drops",queue="3"\`; where a name comes once for each
queue (vmxnet3), its first is queue 0. Of each device at most ${maxPassed} are passed on, in the driver's order;
\`nicwatch_ethtool_statistics_dropped\` says how many more were chosen.

## Known issues

What \`nic_known_issue\` tells of, and how to add issues of your own: [known-issues.md](known-issues.md). "Any" is what the
reports leave open. A risk, no verdict.

${issuesTable()}`;
}

function driversTable(): string {
  const rows = Object.entries(driverCounters).map(
    ([driver, counters]) =>
      `| \`${driver}\` | ${counterMeanings.map((meaning) => sourceCell(counters[meaning])).join(' | ')} | ${counters.source} |\n`,
  );
  const head = counterMeanings.map((meaning) => `\`${counterMetrics[meaning].name}\``).join(' | ');
  return `| driver | ${head} | named in |\n|---|${'---|'.repeat(counterMeanings.length)}---|\n${rows.join('')}`;
}

function sourceCell(source: CounterSource): string {
  return source.length === 0
    ? '-'
    : source.map((names) => names.map((name) => `\`${name}\``).join(' + ')).join(', else ');
}

function issuesTable(): string {
  const rows = knownIssues.map((issue) => {
    const features = issue.features.map((feature) => `\`${feature}\``).join(' or ');
    const sources = issue.sources.map((source, index) => `[${index + 1}](${source})`).join(' ');
    const mitigation = issue.mitigation.startsWith('ethtool ')
      ? `\`${issue.mitigation}\``
      : issue.mitigation;
    return `| \`${issue.id}\` | ${issue.severity} | ${issue.drivers.join(', ')} | ${rangeCell(issue.firmware)} | ${rangeCell(issue.kernel)} | ${features || '-'} | ${issue.symptom} | ${mitigation} | ${sources} |\n`;
  });
  return `| issue | severity | driver | firmware | kernel | exposed while on | symptom | mitigation | reported |\n|${'---|'.repeat(9)}\n${rows.join('')}`;
}

function rangeCell(range: VersionRange | undefined): string {
  const from = range?.from === undefined ? [] : [`from ${range.from}`];
  const below = range?.below === undefined ? [] : [`below ${range.below}`];
  return [...from, ...below].join(' ') || 'any';
}
