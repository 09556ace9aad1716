import { paint, plain, signOf, wrap } from '../check/text-style.ts';
import type { TextStyle } from '../check/text-style.ts';
import type { JudgedPeer, ProbeReport, ProbeResult, ProbeSuspect } from '../model/probe-report.ts';
import { indent, proofTable, readingsTable } from './render-table.ts';
import { featuresToTry } from './remedy.ts';
import { peerName } from './verdict.ts';

const signs = { pass: 'ok', fail: 'critical', untested: 'unknown' } as const;
const words: Readonly<Record<ProbeResult, string>> = {
  pass: 'passed',
  fail: 'failed',
  untested: 'could not be tested',
};

/** Formats a report for a terminal: for each node a verdict, its measurements, and a remedy. */
export function renderReport(report: ProbeReport, style: TextStyle): string {
  const { peers, proof } = report;
  const blocks = peers.map((peer, index) => {
    const second = proof?.peers[index];
    return second === undefined || proof === undefined
      ? [
          ...verdict(peer, report, style),
          '',
          ...readingsTable(peer),
          ...advice(peer, report, style),
        ]
      : [
          ...verdict(second, report, style),
          '',
          ...proofTable(peer, second),
          '',
          indent + conclusion({ before: peer, after: second, feature: proof.feature }),
        ];
  });
  return `${blocks.map((lines) => lines.join('\n').trimEnd()).join('\n\n')}\n`;
}

function verdict(peer: JudgedPeer, { path }: ProbeReport, style: TextStyle): readonly string[] {
  const { host, port } = peer.peer;
  const title = `${peerName(peer)} (${host} port ${port})${path === undefined ? '' : `, ${path} path`}: ${words[peer.result]}`;
  const sentences = [
    ...peer.findings.map(
      ({ headline, suspect }) =>
        `${headline}${suspect === undefined ? '' : `: ${suspectText(suspect, peer)} is suspect`}.`,
    ),
    ...(peer.reason === undefined ? [] : [`${peer.reason}.`]),
  ];
  return [
    `${signOf(signs[peer.result], style)} ${paint(plain(title), style, 'bold')}`,
    ...sentences.map(
      (text) => indent + wrap(plain(text), { first: indent.length, indent, width: style.width }),
    ),
  ];
}

function suspectText({ node, side }: ProbeSuspect, peer: JudgedPeer): string {
  const owner = node === 'this' ? 'this node' : peerName(peer);
  return side === 'transmit'
    ? `the transmit offload of ${owner}`
    : `the receive side of ${owner}, or the path to it,`;
}

/** The conclusion of a second measurement. */
function conclusion({
  before,
  after,
  feature,
}: {
  readonly before: JudgedPeer;
  readonly after: JudgedPeer;
  readonly feature: string;
}): string {
  if (before.result === 'fail' && after.result === 'pass') {
    return `Proved: without ${feature} the path can be trusted. Keep it off: nicwatch check says how.`;
  }
  return before.result === 'fail' && after.result === 'fail'
    ? `Not proved: the path fails without ${feature} as well. Switch it on again and try another.`
    : 'Proves nothing: the path did not fail before, or could not be tested after.';
}

function advice(
  { findings, peer, ...result }: JudgedPeer,
  { path, devices }: ProbeReport,
  style: TextStyle,
): readonly string[] {
  const suspect = findings.find((finding) => finding.suspect !== undefined)?.suspect;
  if (suspect === undefined) {
    return [];
  }
  const toTry = featuresToTry(suspect, path);
  const own = devices.filter(({ features }) => features.some((name) => toTry.includes(name)));
  const isOwn = suspect.node === 'this';
  const [first = ''] =
    isOwn && own.length > 0
      ? toTry.filter((name) => own.some(({ features }) => features.includes(name)))
      : toTry;
  const command = `nicwatch probe run --to=${peer.host}:${peer.port} --secret-file=PATH --prove=${first}`;
  const lines = [
    ...(isOwn
      ? own.map(
          ({ name, driver = 'unknown driver', features }) =>
            `${name} (${driver}): ${toTry.filter((feature) => features.includes(feature)).join(', ')} on`,
        )
      : [
          `On ${peerName({ ...result, peer })}, look with ethtool -k DEVICE for ${toTry.join(', ')}.`,
        ]),
    `To prove it${isOwn ? '' : ', there or here'}: ${command}`,
  ];
  return ['', ...lines.map((line) => paint(`${indent}${plain(line)}`, style))];
}
