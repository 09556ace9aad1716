import type {
  Check,
  CheckReport,
  CheckResultKind,
  CheckedDevice,
  CheckedHost,
} from '../model/check-report.ts';
import { renderFinding } from './render-finding.ts';
import type { FindingOptions } from './render-finding.ts';
import { paint, plain, signOf, wrap } from './text-style.ts';
import type { TextStyle } from './text-style.ts';

export interface RenderOptions extends FindingOptions {
  /** Show all checks, passed ones included. */
  readonly verbose: boolean;
  /** Whether root could read more. */
  readonly isRoot: boolean;
}

const order: readonly CheckResultKind[] = ['critical', 'warning', 'unknown', 'info', 'ok'];

/** A block of the report: a device, or the node. */
interface Block {
  readonly name: string;
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Formats a report for a terminal: one block per device, the worst first; a device without findings has two lines. */
export function renderText(report: CheckReport, options: RenderOptions): string {
  const { host, node, devices } = report;
  const [finding] = findingsOf(node.checks);
  const blocks = [
    ...(finding === undefined && !options.verbose
      ? []
      : [{ name: 'this node', title: nodeTitle(finding), checks: node.checks }]),
    ...devices.map((device) => ({
      name: device.name,
      title: deviceTitle(device),
      checks: device.checks,
    })),
  ].toSorted((one, other) => rank(one) - rank(other));
  const column = Math.max(0, ...devices.map(({ name }) => plain(name).length));
  const withBlanks = blocks.map((block) => {
    const text = renderBlock(block, {
      ...options,
      column: block.name === 'this node' ? 9 : column,
    });
    return { text, isLong: text.split('\n').length > 3 };
  });
  const nodeUnknown = node.checks.filter(
    ({ result }) => result === 'unknown' && !blocks.some(({ checks }) => checks === node.checks),
  );
  return `${[
    wrap(plain(hostLine(host)), { first: 0, indent: '  ', width: options.style.width }),
    '',
    ...withBlanks.map(({ text, isLong }, index) =>
      isLong && index < withBlanks.length - 1 ? `${text}\n` : text,
    ),
    ...nodeUnknown.map((check) => `${signOf('unknown', options.style)} ${plain(check.headline)}`),
    '',
    summaryLine(report, options),
  ].join('\n')}\n`;
}

function hostLine({ name, os, kernel, networkConfigurers, uptimeSeconds }: CheckedHost): string {
  const network = networkConfigurers
    .map((row) => (row.version === undefined ? row.name : `${row.name} ${row.version}`))
    .join(' and ');
  return `${name}: ${[
    ...(os === undefined ? [] : [os]),
    ...(kernel === undefined ? [] : [`kernel ${kernel}`]),
    ...(network === '' ? [] : [`network by ${network}`]),
    ...(uptimeSeconds === undefined ? [] : [`up ${durationText(uptimeSeconds)}`]),
  ].join(', ')}`;
}

function durationText(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  const [name, size] = units.find(([, length]) => seconds >= length * 2) ?? ['minute', 60];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function nodeTitle(finding: Check | undefined): string {
  return finding === undefined
    ? 'its stack, its pods and its agent'
    : finding.id.endsWith('-csum')
      ? 'receives packets with wrong checksums'
      : finding.headline;
}

function deviceTitle({
  model,
  driver,
  firmwareVersion,
  speedBitsPerSecond,
  master,
  tunnels,
}: CheckedDevice): string {
  return [
    ...(model === undefined ? [] : [model]),
    ...(driver === undefined ? [] : [driver]),
    ...(firmwareVersion === undefined ? [] : [`firmware ${firmwareVersion}`]),
    ...(speedBitsPerSecond === undefined ? [] : [speedText(speedBitsPerSecond)]),
    ...(master === undefined ? [] : [`port of ${master}`]),
    ...(tunnels.length === 0 ? [] : [`under ${tunnels.join(', ')}`]),
  ].join(', ');
}

function speedText(bits: number): string {
  return bits >= 1e9 ? `${bits / 1e9} Gbit/s` : `${bits / 1e6} Mbit/s`;
}

function renderBlock(
  { name, title, checks }: Block,
  options: RenderOptions & { readonly column: number },
): string {
  const { style, verbose, column } = options;
  const findings = findingsOf(checks);
  const unknown = checks.filter(({ result }) => result === 'unknown');
  const fine = checks.filter(({ result }) => result === 'ok' || result === 'info');
  const worst = findings.length > 0 ? (findings[0]?.result ?? 'ok') : 'ok';
  const indent = ' '.repeat(column + (style.unicode ? 5 : 6));
  const head = (result: CheckResultKind, text: string): string =>
    `${signOf(result, style)} ${paint(plain(name).padEnd(column), style, 'bold')}   ${wrap(plain(text), { first: indent.length, indent, width: style.width })}`;
  const lines = verbose
    ? fine.map((check) => `  ${signOf(check.result, style)} ${plain(check.headline)}`)
    : [];
  if (findings.length === 0) {
    const summary = paintLines(
      wrap(plain(name === 'this node' ? 'nothing to do' : fineText(checks)), {
        first: indent.length,
        indent,
        width: style.width,
      }),
      style,
    );
    return [
      head('ok', title),
      `${indent}${summary}`,
      ...lines,
      ...unknown.map(({ headline }) => head('unknown', headline)),
    ].join('\n');
  }
  return [
    `${head(worst, title)}\n`,
    ...findings.map((check) => `${renderFinding(check, options)}\n`),
    ...unknown.map(({ headline }) => `  ${signOf('unknown', style)} ${plain(headline)}`),
    ...lines,
    ...(lines.length > 0 || fine.length === 0 || name === 'this node'
      ? []
      : [
          `  ${signOf('ok', style)} ${fine.length} other ${fine.length === 1 ? 'check' : 'checks'}`,
        ]),
  ]
    .join('\n')
    .trimEnd();
}

function paintLines(text: string, style: TextStyle): string {
  return text
    .split('\n')
    .map((line) => line.replace(/\S.*$/, (words) => paint(words, style, 'dim')))
    .join('\n');
}

/** The passed checks, in one line. */
function fineText(checks: readonly Check[]): string {
  const isOk = (id: string): boolean =>
    checks.some((check) => check.id === id && check.result === 'ok');
  const kept = checks.find(({ reason }) => reason === 'kept')?.headline;
  const health = [...(isOk('hang-now') ? ['no hangs'] : []), 'no errors'].join(', ');
  return `${health}; ${kept ?? (isOk('known-issue') ? 'no known issue' : 'known issues could not be judged')}`;
}

function summaryLine({ devices, node, summary }: CheckReport, { isRoot }: RenderOptions): string {
  const { critical, warning, unknown } = summary;
  const count = [...node.checks, ...devices.flatMap(({ checks }) => checks)].length;
  const counted = `${devices.length} ${devices.length === 1 ? 'device' : 'devices'}`;
  if (critical + warning > 0) {
    return `${[
      counted,
      ...(critical === 0 ? [] : [`${critical} critical`]),
      ...(warning === 0 ? [] : [`${warning} ${warning === 1 ? 'warning' : 'warnings'}`]),
      ...(unknown === 0 ? [] : [`${unknown} unknown`]),
    ].join(', ')}.`;
  }
  return unknown === 0
    ? `${counted}, ${count} checks, nothing to do.`
    : `${counted}, ${count} checks, ${unknown} could not look${isRoot ? '.' : ': sudo nicwatch check'}`;
}

function findingsOf(checks: readonly Check[]): readonly Check[] {
  return checks
    .filter(({ result }) => result === 'critical' || result === 'warning')
    .toSorted((one, other) => order.indexOf(one.result) - order.indexOf(other.result));
}

function rank({ checks }: Block): number {
  const [worst] = findingsOf(checks);
  return worst === undefined ? order.length : order.indexOf(worst.result);
}
