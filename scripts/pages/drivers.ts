import { counterMeanings, driverCounters } from '../../src/catalogue/driver-counters.ts';
import type { CounterSource } from '../../src/catalogue/driver-counters.ts';
import { knownIssues } from '../../src/catalogue/known-issues.ts';
import { counterMetrics } from '../../src/collectors/ethtool.ts';
import { maxPassed } from '../../src/collectors/statistic-plan.ts';
import type { VersionRange } from '../../src/model/known-issue.ts';
import { checksumSection } from './observed.ts';

/** The page that lists drivers and known issues of the catalogue. */
export function driversPage(): string {
  return `# Drivers

Generated from the code by \`npm run docs\`.

## Statistics by driver

The statistics of \`ethtool -S\` behind each metric, by the driver's own names, summed over all queues, \`{n}\`. Of alternatives
(a total and its parts, or names of newer and older kernels), the first that a device has is used. \`-\` means that the driver
does not count this: there is no series, because absent is not zero.

\`nic_statistics_mapped\` and \`nic_statistics_unmapped\` count the statistics of a device that this table maps or does not map. If
they change with a new kernel or driver, check this table.

${driversTable()}
Driver names are those of \`ethtool -i\`; \`st_mac100\`, \`st_gmac\` and \`st_xgmac\` are stmmac. Devices of other drivers have
\`nic_statistics_mapped\` 0. vxlan, bridge, bond and vlan devices have no driver statistics.

## Raw statistics

\`--collector.ethtool.raw=REGEX\` exports the statistics whose full name, as \`ethtool -S\` prints it, matches, except those that
match \`--collector.ethtool.raw-exclude=REGEX\`: as \`nic_ethtool_statistic\`, with the number of the queue as a label.
\`rx_queue_3_drops\` becomes \`statistic="rx_queue_drops",queue="3"\`; if a name is repeated for each queue (vmxnet3), the first is
queue 0. At most ${maxPassed} statistics per device are exported, in the driver's order; \`nicwatch_ethtool_statistics_dropped\`
counts the others.

${checksumSection()}## Known issues

The issues of \`nic_known_issue\`; to add your own, see [known-issues.md](known-issues.md). "Any" means that the reports do not
limit the versions. An issue is a risk, not a diagnosis.

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
