import type { Budget } from './budgets.ts';
import type { Cost, Measurement } from './measure.ts';

interface Column<Row> {
  readonly title: string;
  readonly read: (row: Row) => number | undefined;
}

interface Scraping extends Cost {
  readonly devices: number;
}

const scrapingColumns: readonly Column<Scraping>[] = [
  { title: 'CPU ms/scrape', read: (row) => row.cpuMillisecondsPerScrape },
  { title: 'p50 ms', read: (row) => row.p50Milliseconds },
  { title: 'p99 ms', read: (row) => row.p99Milliseconds },
];

const processColumns: readonly Column<Measurement>[] = [
  { title: 'resident MiB', read: (row) => row.residentBytes / 2 ** 20 },
  { title: 'start ms', read: (row) => row.startMilliseconds },
  { title: 'idle CPU ms/min', read: (row) => row.idleCpuMillisecondsPerMinute },
  { title: 'body KiB', read: (row) => row.bodyBytes / 1024 },
  { title: 'series', read: (row) => row.series },
  { title: 'series/device', read: (row) => row.seriesPerDevice },
];

/** Tables of what was measured, with a row of ratios below each pair of exporters, and the budgets. */
export function formatReport(
  measurements: readonly Measurement[],
  budgets: readonly Budget[],
): string {
  const scrapings = measurements.flatMap(({ devices, costs }) =>
    costs.map((cost) => ({ ...cost, devices })),
  );
  return [
    'Scrapes in turns: fresh is one every 1.1 s, and nicwatch polls for each; burst is back to back, and nicwatch polls',
    'once a second at most. The age is that of the poll of the slowest collector at the end of a scrape.',
    '',
    ...formatTable([
      ['devices', 'pattern', 'exporter', 'scrapes', ...titles(scrapingColumns), 'age ms'],
      ...pairs(scrapings, ({ devices, pattern }) => `${devices} ${pattern}`).flatMap((pair) => [
        ...pair.map((row) => [
          String(row.devices),
          row.pattern,
          row.exporter,
          String(row.scrapes),
          ...cells(scrapingColumns, row),
          formatNumber(row.ageMilliseconds),
        ]),
        ['', '', 'ratio', '', ...ratios(scrapingColumns, pair), ''],
      ]),
    ]),
    '',
    ...formatTable([
      ['devices', 'exporter', 'reader', ...titles(processColumns)],
      ...pairs(measurements, ({ devices }) => String(devices)).flatMap((pair) => [
        ...pair.map((row) => [
          String(row.devices),
          row.exporter,
          row.reader ?? '-',
          ...cells(processColumns, row),
        ]),
        ['', 'ratio', '', ...ratios(processColumns, pair)],
      ]),
    ]),
    ...growthLines(scrapings),
    ...budgetLines(budgets),
  ].join('\n');
}

/** What ten times the devices cost each exporter. */
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
  const rows = budgets.map(({ what, atMost, measured, met }) => [
    what,
    String(atMost),
    formatNumber(measured),
    met ? 'met' : 'NOT MET',
  ]);
  return rows.length === 0
    ? []
    : ['', ...formatTable([['budget', 'at most', 'measured', ''], ...rows])];
}

/** Rows that are to be compared with each other, in the order in which they came. */
function pairs<Row>(rows: readonly Row[], key: (row: Row) => string): readonly (readonly Row[])[] {
  return [...new Set(rows.map(key))].map((each) => rows.filter((row) => key(row) === each));
}

function titles<Row>(columns: readonly Column<Row>[]): readonly string[] {
  return columns.map(({ title }) => title);
}

function cells<Row>(columns: readonly Column<Row>[], row: Row): readonly string[] {
  return columns.map(({ read }) => formatNumber(read(row)));
}

/** The first row divided by the second. */
function ratios<Row>(
  columns: readonly Column<Row>[],
  [dividend, divisor]: readonly Row[],
): readonly string[] {
  return columns.map(({ read }) =>
    dividend === undefined || divisor === undefined
      ? ''
      : formatNumber((read(dividend) ?? Number.NaN) / (read(divisor) ?? Number.NaN)),
  );
}

function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) {
    return '-';
  }
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 1);
}

/** Pads cells; the first row is the head. Columns of numbers are flush right. */
function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = [], ...body] = rows;
  const columns = head.map((title, column) => ({
    width: Math.max(title.length, ...body.map((row) => row[column]?.length ?? 0)),
    numeric: body.some((row) => /^\d/.test(row[column] ?? '')),
  }));
  const lines = rows.map((row) =>
    columns
      .map(({ width, numeric }, column) => {
        const cell = row[column] ?? '';
        return numeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, columns.map(({ width }) => '-'.repeat(width)).join('  '));
}
