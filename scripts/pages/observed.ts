import { existsSync, readFileSync } from 'node:fs';

import type {
  ChecksumObservation,
  HangObservation,
  Observations,
} from '../../test/vm/observation.ts';

const kernels = ['5.10', '6.1', '6.12'] as const;
const hangsFile = 'docs/hangs.md';
const block = /<!-- observed -->[^]*<!-- end -->/;

/** docs/hangs.md with the tables of the latest recorded runs, if there are any. */
export function hangsPage(): string {
  const page = readFileSync(hangsFile, 'utf8');
  if (readObservations().length === 0) {
    return page;
  }
  const tables = [
    `Observed by \`npm run test:vm\`: transmitters that were stopped by register, ${versions()}. Seconds are from the first hang record.`,
    formatTable([
      [
        'kernel',
        'driver',
        'hang record',
        'again after',
        'kernel watchdog after',
        'driver reset after',
        '`nic_hang_active` 1 after',
        '`nic_tx_stalled` 1 after',
      ],
      ...readObservations().flatMap(({ kernel, hangs }) =>
        hangs.map((hang) => hangRow(kernel, hang)),
      ),
    ]),
    'A transmitter of e1000e that was stopped again after each reset, with the rules, scrape interval and Alertmanager configuration of this repository:',
    formatTable([
      [
        'kernel',
        'alerts, and seconds from the first hang record until they fire',
        'page at the webhook after',
      ],
      ...readObservations().map(alertRow),
    ]),
  ];
  return page.replace(block, () => `<!-- observed -->\n\n${tables.join('\n\n')}\n\n<!-- end -->`);
}

/** The section on which counters rise when a driver receives packets with wrong checksums; empty without recorded runs. */
export function checksumSection(): string {
  const observed = readObservations();
  if (observed.length === 0) {
    return '';
  }
  const drivers = [
    ...new Set(observed.flatMap(({ checksums }) => checksums.map(({ driver }) => driver))),
  ];
  const kinds = [
    ...new Set(observed.flatMap(({ checksums }) => checksums.map(({ kind }) => kind))),
  ];
  const cell = (kind: string, driver: string): string =>
    byKernel(
      observed.map(({ kernel, checksums }) => [
        kernel,
        checksumCell(checksums.find((row) => row.kind === kind && row.driver === driver)),
      ]),
    );
  return `## Wrong checksums, observed

Observed by \`npm run test:vm\`, ${versions()}: of ten packets with one wrong checksum, how many
\`nic_rx_csum_errors_total\` and \`nic_stack_csum_errors_total\` count. Both always were what \`ethtool -S\` and /proc/net say. The drivers
are real, the cards are QEMU's.

${formatTable([
  ['wrong', ...drivers.map((driver) => `\`${driver}\``)],
  ...kinds.map((kind) => [kind, ...drivers.map((driver) => cell(kind, driver))]),
])}

`;
}

function hangRow(kernel: string, hang: HangObservation): readonly string[] {
  const seconds = (value: number | undefined): string =>
    value === undefined ? `not in ${hang.watchedSeconds} s` : `${value} s`;
  return [
    kernel,
    `\`${hang.driver}\``,
    `\`${hang.record}\``,
    seconds(hang.everySeconds),
    seconds(hang.watchdogSeconds),
    seconds(hang.resetSeconds),
    seconds(hang.activeSeconds),
    seconds(hang.stalledSeconds),
  ];
}

function alertRow({ kernel, alerts }: Observations): readonly string[] {
  const page = alerts.find(({ alert }) => alert === 'page');
  const fired = alerts
    .filter((entry) => entry !== page)
    .map(({ alert, seconds }) => `${alert.split(' ')[0] ?? ''} ${seconds}`);
  return [kernel, fired.join(', '), page === undefined ? '-' : `${page.seconds} s`];
}

function checksumCell(row: ChecksumObservation | undefined): string {
  return row === undefined ? '-' : `card ${row.card}, stack ${row.stack}`;
}

/** One cell if it is the same for all kernels. */
function byKernel(cells: readonly (readonly [kernel: string, cell: string])[]): string {
  const [first] = cells;
  return first !== undefined && cells.every(([, cell]) => cell === first[1])
    ? first[1]
    : cells.map(([kernel, cell]) => `${kernel}: ${cell}`).join('; ');
}

function versions(): string {
  const observed = readObservations();
  const names = observed.map(({ kernel, kernelVersion }) => `${kernel} (${kernelVersion})`);
  return `Debian's kernels ${names.join(', ')} and QEMU ${observed[0]?.qemuVersion ?? ''}`;
}

function readObservations(): readonly Observations[] {
  return kernels
    .map((kernel) => `test/vm/observed/${kernel}.json`)
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));
}

/** Padded, as oxfmt formats it. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return lines.toSpliced(1, 0, rule).join('\n');
}
