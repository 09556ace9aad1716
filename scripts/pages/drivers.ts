import { counterMeanings, driverCounters } from '../../src/catalogue/driver-counters.ts';
import type { CounterSource } from '../../src/catalogue/driver-counters.ts';
import { knownIssues } from '../../src/catalogue/known-issues.ts';
import { counterMetrics } from '../../src/collectors/ethtool.ts';
import { maxPassed } from '../../src/collectors/statistic-plan.ts';
import type { VersionRange } from '../../src/model/known-issue.ts';

/** The page that lists drivers and known issues of the catalogue. */
export function driversPage(): string {
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
reports leave open. A risk, not a diagnosis.

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

function sourceCell(source: CounterSource | undefined): string {
  return source === undefined
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
