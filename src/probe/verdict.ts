import type {
  JudgedPeer,
  PeerResult,
  ProbeDirection,
  ProbeFault,
  ProbeFinding,
  ProbeResult,
  ProbeSuspect,
} from '../model/probe-report.ts';
import { totalsOf } from './totals.ts';
import type { Counted, DirectionTotals } from './totals.ts';

const directions: readonly ProbeDirection[] = ['to', 'from'];
/** Min count of corrupt packets; fewer may be chance, or of other traffic. */
const minErrors = 3;
/** Min share of lost packets that were counted as corrupt; others may have been dropped uncounted. */
const minErrorShare = 0.25;
const minLost = 5;
const minLossShare = 0.005;
/** Max probability of a difference between small and large packets by chance. */
const maxChance = 1e-4;

/** Judges the measurements of peers. A fault that all have in common is attributed to this node. */
export function judgePeers(results: readonly PeerResult[]): readonly JudgedPeer[] {
  const faults = results.map((result) => ({
    result,
    totals: { to: totalsOf(result, 'to'), from: totalsOf(result, 'from') },
  }));
  const isBad = (direction: ProbeDirection): readonly boolean[] =>
    faults
      .filter(({ totals }) => totals[direction].tcp.sent > 0)
      .map(({ totals }) => isOfNode(faultOf(totals[direction])));
  return faults.map(({ result, totals }) => {
    const findings = directions.flatMap((direction): readonly ProbeFinding[] => {
      const fault = faultOf(totals[direction]);
      if (fault === undefined) {
        return [];
      }
      const suspect = isOfNode(fault) ? suspectOf(direction, isBad(direction)) : undefined;
      const headline = headlineOf(fault, { result, direction, totals: totals[direction] });
      return [{ fault, direction, headline, ...(suspect && { suspect }) }];
    });
    const reason = gapOf(result, totals);
    return {
      ...result,
      findings,
      result: findings.length > 0 ? 'fail' : reason === undefined ? 'pass' : 'untested',
      ...(findings.length === 0 && reason !== undefined ? { reason } : {}),
    };
  });
}

/** The name of a peer's node, or its address. */
export function peerName({ name = '', peer }: PeerResult): string {
  return name === '' ? peer.host : name;
}

/** The worst of several results; a failed one is worse than an untested one. */
export function worstResult(peers: readonly { readonly result: ProbeResult }[]): ProbeResult {
  const order: readonly ProbeResult[] = ['fail', 'untested', 'pass'];
  return order.find((result) => peers.some((peer) => peer.result === result)) ?? 'untested';
}

function faultOf({ tcp, small, large, ...seen }: DirectionTotals): ProbeFault | undefined {
  const lost = tcp.lost + large.lost;
  if (seen.corrupted > 0) {
    return 'silent-corruption';
  }
  if (
    seen.checksumErrors >= Math.max(minErrors, lost * minErrorShare) &&
    (lost >= minErrors || seen.isStalled)
  ) {
    return 'corruption';
  }
  if (seen.isStalled) {
    return 'stalled';
  }
  if (![tcp, small, large].some(isLossy)) {
    return undefined;
  }
  return isLossy(large) && isRarer(small, large) ? 'large-loss' : 'loss';
}

function isLossy({ sent, lost }: Counted): boolean {
  return lost >= minLost && lost >= sent * minLossShare;
}

/** Whether a fault is of the sender or the receiver, not of the path between them. */
function isOfNode(fault: ProbeFault | undefined): boolean {
  return fault !== undefined && fault !== 'loss';
}

/** Whether one kind is lost significantly less than the other, at most half as often. */
function isRarer(one: Counted, other: Counted): boolean {
  return (
    2 * one.lost * other.sent <= other.lost * one.sent &&
    chanceOfAtMost(one.lost, one.lost + other.lost, one.sent / (one.sent + other.sent)) < maxChance
  );
}

/** Distribution function of the binomial distribution. */
function chanceOfAtMost(count: number, trials: number, probability: number): number {
  let term = (1 - probability) ** trials;
  let sum = term;
  for (let index = 1; index <= count; index += 1) {
    term *= ((trials - index + 1) / index) * (probability / (1 - probability));
    sum += term;
  }
  return sum;
}

/** The sender, unless only one receiver of several, or this node as the receiver of all, is affected. */
function suspectOf(direction: ProbeDirection, isBad: readonly boolean[]): ProbeSuspect {
  const isCommon = isBad.every(Boolean);
  if (direction === 'to') {
    return isCommon ? { node: 'this', side: 'transmit' } : { node: 'peer', side: 'receive' };
  }
  return isCommon && isBad.length > 1
    ? { node: 'this', side: 'receive' }
    : { node: 'peer', side: 'transmit' };
}

function headlineOf(
  fault: ProbeFault,
  {
    result,
    direction,
    totals,
  }: {
    readonly result: PeerResult;
    readonly direction: ProbeDirection;
    readonly totals: DirectionTotals;
  },
): string {
  const { tcp, small, large, checksumErrors, corrupted, transfers } = totals;
  const peer = peerName(result);
  const [sender, receiver] = direction === 'to' ? ['this node', peer] : [peer, 'this node'];
  const segments = totals.isStalled
    ? `a transfer from ${sender} to ${receiver} stood still`
    : `${share(tcp)} of the segments ${sender} sent to ${receiver} were retransmitted`;
  const datagrams = `${share(large)} of its datagrams of 1200 bytes and ${share(small)} of those of 64 bytes were lost`;
  switch (fault) {
    case 'silent-corruption':
      return `${corrupted} of ${transfers} transfers from ${sender} arrived changed at ${receiver}, with right checksums`;
    case 'corruption':
      return `${segments}, ${share(large)} of its datagrams of 1200 bytes were lost, ${receiver} counted ${checksumErrors} wrong checksums`;
    case 'stalled':
      return `${segments}, although ${peer} answers: large packets do not pass`;
    case 'large-loss':
      return `${segments}, ${datagrams}: packets are lost by their size, which is no congestion; wrong checksums may be dropped uncounted`;
    case 'loss':
      if (small.lost > 0 && small.lost === small.sent && tcp.sent > 0) {
        return `${receiver} received no datagram of ${sender}: a firewall may drop UDP to port ${result.peer.port}`;
      }
      return `${segments}, ${datagrams}: packets are lost, and not for a wrong checksum`;
  }
}

function share({ sent, lost }: Counted): string {
  const percent = sent === 0 ? 0 : (100 * lost) / sent;
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toFixed(percent < 0.095 ? 2 : 1)} %`;
}

/** Why a peer without a fault was not tested enough to pass. */
function gapOf(
  { problem }: PeerResult,
  totals: Readonly<Record<ProbeDirection, DirectionTotals>>,
): string | undefined {
  if (problem !== undefined) {
    return problem.message;
  }
  return directions.some((direction) => !totals[direction].isComplete)
    ? 'retransmissions could not be read: expected the package koffi beside nicwatch on both nodes'
    : undefined;
}
