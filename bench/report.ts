import type { Budget } from './budgets.ts';
import type { KernelLogCost } from './kernel-log-cost.ts';
import type { Cost, Measurement } from './measure.ts';
import type { Connection } from './scrape.ts';
import { cells, formatNumber, formatTable, ratios, titles } from './table.ts';
import type { Column } from './table.ts';

/** Results of a run of the benchmark. */
export interface Result {
  readonly isRehearsal: boolean;
  readonly connection: Connection;
  /** Release of the kernel. */
  readonly kernel: string;
  /** Model of each. */
  readonly processors: readonly string[];
  readonly measurements: readonly Measurement[];
  readonly kernelLog: KernelLogCost;
  readonly budgets: readonly Budget[];
}

interface Scraping extends Cost {
  readonly devices: number;
  readonly residentBytes: number;
}

/** A scrape every 15 s: a shorter interval, in a trial run, counts as one of those. */
const scrapesPerHour = 240;

const typicalColumns: readonly Column<Scraping>[] = [
  {
    title: 'CPU s/hour',
    read: (row) => (row.cpuMillisecondsPerScrape * scrapesPerHour) / 1000,
  },
  { title: 'voluntary switches/15 s', read: (row) => row.voluntarySwitchesPerScrape },
  { title: 'p50 ms', read: (row) => row.p50Milliseconds },
  { title: 'resident MiB', read: (row) => row.residentBytes / 2 ** 20 },
];

const scrapingColumns: readonly Column<Scraping>[] = [
  { title: 'CPU ms/scrape', read: (row) => row.cpuMillisecondsPerScrape },
  { title: 'p50 ms', read: (row) => row.p50Milliseconds },
  { title: 'p99 ms', read: (row) => row.p99Milliseconds },
];

const processColumns: readonly Column<Measurement>[] = [
  { title: 'resident MiB', read: (row) => row.residentBytes / 2 ** 20 },
  { title: 'start ms', read: (row) => row.startMilliseconds },
  { title: 'body KiB', read: (row) => row.bodyBytes / 1024 },
  { title: 'series', read: (row) => row.series },
  { title: 'series/device', read: (row) => row.seriesPerDevice },
];

/** Formats the results as tables, with a row of ratios below each pair of exporters, and the budgets. */
export function formatReport(result: Result): string {
  const scrapings = result.measurements.flatMap(({ devices, residentBytes, costs }) =>
    costs.map((cost) => ({ ...cost, devices, residentBytes })),
  );
  return [
    headLines(result),
    typicalLines(scrapings.filter(({ pattern }) => pattern === 'typical')),
    kernelLogLines(result.kernelLog),
    scrapingLines(scrapings.filter(({ pattern }) => pattern !== 'typical')),
    processLines(result.measurements),
    budgetLines(result.budgets),
  ]
    .map((lines) => lines.join('\n'))
    .filter(Boolean)
    .join('\n\n');
}

function headLines({ measurements, ...result }: Result): readonly string[] {
  const find = (name: string): Measurement | undefined =>
    measurements.find(({ exporter }) => exporter === name);
  const [nicwatch, nodeExporter] = [find('nicwatch'), find('node_exporter')];
  return [
    `nicwatch ${nicwatch?.version ?? '-'} on Node.js ${nicwatch?.nodeVersion ?? '-'}, node_exporter ${nodeExporter?.version ?? '-'} with its ethtool collector only`,
    `Linux ${result.kernel}, ${result.processors.length} x ${result.processors[0]}`,
    result.connection === 'close'
      ? 'A connection of its own for each scrape.'
      : 'One connection for all scrapes of an exporter, as Prometheus does.',
    ...(result.isRehearsal
      ? ['A rehearsal (--quick): too few scrapes for these figures to mean anything.']
      : []),
  ];
}

function typicalLines(scrapings: readonly Scraping[]): readonly string[] {
  const [first] = scrapings;
  if (first === undefined) {
    return [];
  }
  const { devices, scrapes, intervalMilliseconds } = first;
  const seconds = intervalMilliseconds / 1000;
  return [
    `A typical node: ${devices} devices, the kernel log followed, ${scrapes} scrapes, one every ${seconds} s${
      seconds === 15 ? '' : ', each of which stands for one of 15 s'
    }.`,
    '',
    ...formatTable([
      ['devices', 'exporter', ...titles(typicalColumns)],
      ...scrapings.map((row) => [String(row.devices), row.exporter, ...cells(typicalColumns, row)]),
      ['', 'ratio of the first two', ...ratios(typicalColumns, scrapings)],
    ]),
  ];
}

function kernelLogLines({
  records,
  medianMilliseconds,
  maxMilliseconds,
  idle,
}: KernelLogCost): readonly string[] {
  return [
    `Kernel record to /metrics: median ${formatNumber(medianMilliseconds)} ms, max ${formatNumber(maxMilliseconds)} ms, of ${records} records.`,
    `Idle for ${idle.seconds} s, following the kernel log with neither scrapes nor polls: ${idle.voluntarySwitches} voluntary context switches, ${formatNumber(idle.cpuMilliseconds)} ms of CPU, ${idle.records} records.`,
  ];
}

function scrapingLines(scrapings: readonly Scraping[]): readonly string[] {
  return scrapings.length === 0
    ? []
    : [
        'Scrapes in turns: fresh is one every 1.1 s, and nicwatch polls for each; burst is back to back, and nicwatch polls',
        'once a second at most. The age is that of the poll of the slowest collector at the end of a scrape.',
        '',
        ...formatTable([
          ['devices', 'pattern', 'exporter', 'scrapes', ...titles(scrapingColumns), 'age ms'],
          ...groups(scrapings, ({ devices, pattern }) => `${devices} ${pattern}`).flatMap(
            (group) => [
              ...group.map((row) => [
                String(row.devices),
                row.pattern,
                row.exporter,
                String(row.scrapes),
                ...cells(scrapingColumns, row),
                formatNumber(row.ageMilliseconds),
              ]),
              ['', '', 'ratio', '', ...ratios(scrapingColumns, group), ''],
            ],
          ),
        ]),
        ...growthLines(scrapings),
      ];
}

function processLines(measurements: readonly Measurement[]): readonly string[] {
  return formatTable([
    ['devices', 'exporter', 'reader', ...titles(processColumns)],
    ...groups(measurements, ({ devices }) => String(devices)).flatMap((group) => [
      ...group.map((row) => [
        String(row.devices),
        row.exporter,
        row.reader ?? '-',
        ...cells(processColumns, row),
      ]),
      ['', 'ratio', '', ...ratios(processColumns, group)],
    ]),
  ]);
}

/** Cost of ten times the devices for each exporter. */
function growthLines(scrapings: readonly Scraping[]): readonly string[] {
  const rows = scrapings.flatMap((fewer) => {
    const more = scrapings.find(
      ({ devices, pattern, exporter }) =>
        devices === fewer.devices * 10 && pattern === fewer.pattern && exporter === fewer.exporter,
    );
    return more === undefined
      ? []
      : [
          [
            `${more.devices} : ${fewer.devices}`,
            fewer.pattern,
            fewer.exporter,
            ...ratios(scrapingColumns, [more, fewer]),
          ],
        ];
  });
  return rows.length === 0
    ? []
    : [
        '',
        ...formatTable([['devices', 'pattern', 'exporter', ...titles(scrapingColumns)], ...rows]),
      ];
}

function budgetLines(budgets: readonly Budget[]): readonly string[] {
  return [
    'Budgets: limits this project sets itself for what the agent may cost. A stretch is what it aims for next.',
    '',
    ...formatTable([
      ['budget', 'measured', 'limit', 'stretch', ''],
      ...budgets.map(({ what, measured, limit, stretch, verdict }) => [
        what,
        formatNumber(measured),
        String(limit),
        stretch === undefined ? '' : String(stretch),
        verdict,
      ]),
    ]),
  ];
}

/** Groups rows that are compared with each other, in their order. */
function groups<Row>(rows: readonly Row[], key: (row: Row) => string): readonly (readonly Row[])[] {
  return [...new Set(rows.map(key))].map((each) => rows.filter((row) => key(row) === each));
}
