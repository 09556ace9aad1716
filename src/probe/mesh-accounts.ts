import type { MetricFamily, Sample } from '../metrics/metric.ts';
import type { ProbeReading } from '../model/probe-report.ts';
import {
  probeChecksumErrors,
  probeResults,
  probeRetransmittedSegments,
  probeSentSegments,
} from './mesh-metrics.ts';
import type { ProbeLabel } from './mesh-metrics.ts';
import { bulkBytes } from './mesh-plan.ts';
import { datagramSizes } from './datagram.ts';

/** The network a mesh probes: that of pods, or that of the nodes. */
export type ProbePath = 'pod' | 'host';

/**
 * How a probe without a measurement ended. `unreachable`: no connection; `timeout`: no progress; `refused`: nobody listens, or
 * the peer ends; `busy`: the peer takes part in another one; `denied`: no authentic answer; `starved`: this process had no CPU.
 */
export type MeshFailure = 'unreachable' | 'timeout' | 'refused' | 'busy' | 'denied' | 'starved';

/** What one probe of a peer gave. */
export interface MeshOutcome {
  readonly peerNode: string;
  readonly readings: readonly ProbeReading[];
  readonly failure?: MeshFailure;
}

/** Counts probes by row, by column, and by pair while a pair fails. */
export interface MeshAccounts {
  /** @returns whether the pair has failed, in one of its directions. */
  add(outcome: MeshOutcome, nowSeconds: number): boolean;
  families(nowSeconds: number): readonly MetricFamily[];
}

interface Account {
  readonly labels: Readonly<Record<ProbeLabel, string>>;
  /** By result. */
  readonly results: Map<string, number>;
  sent: number;
  retransmitted: number;
  checksumErrors: number;
}

interface Pair {
  readonly accounts: Map<string, Account>;
  readonly beganSeconds: number;
  failedSeconds: number;
}

/** Longer than rules look back, and than a pair takes to be measured again in a fleet of ordinary size. */
const pairSeconds = 3600;
const maxPairs = 32;
/** A new series is 0 for so long that every Prometheus has seen it so: else its first value would be no increase. */
const zeroSeconds = 30;
/** Some retransmissions are a guess of TCP, and a few are the weather. */
const minLost = 3;
const minLostRatio = 0.01;

const tcpSize = String(bulkBytes);
const sizes = [...Object.values(datagramSizes).map(String), tcpSize];
const failures: readonly MeshFailure[] = [
  'unreachable',
  'timeout',
  'refused',
  'busy',
  'denied',
  'starved',
];

/** Creates the accounts of a node. Its row and its column are there from the beginning. */
export function createMeshAccounts(node: string, path: ProbePath): MeshAccounts {
  const accountsOf = (source: string, dest: string): Map<string, Account> =>
    new Map(
      sizes.map((size) => [
        size,
        {
          labels: { source_node: source, dest_node: dest, path, size },
          results: new Map<string, number>(),
          sent: 0,
          retransmitted: 0,
          checksumErrors: 0,
        },
      ]),
    );
  const row = accountsOf(node, '');
  const column = accountsOf('', node);
  for (const account of [...row.values(), ...column.values()]) {
    const results = account.labels.size === tcpSize ? ['ok', 'corrupt'] : ['ok', 'lost'];
    for (const result of results) {
      account.results.set(result, 0);
    }
  }
  for (const failure of failures) {
    row.get(tcpSize)?.results.set(failure, 0);
  }
  const pairs = new Map<string, Pair>();

  const pairOf = (source: string, dest: string, nowSeconds: number, hasFailed: boolean) => {
    const key = JSON.stringify([source, dest]);
    let pair = pairs.get(key);
    if (pair === undefined && hasFailed) {
      makeRoom(pairs);
      pair = {
        accounts: accountsOf(source, dest),
        beganSeconds: nowSeconds,
        failedSeconds: nowSeconds,
      };
      pairs.set(key, pair);
    }
    if (pair !== undefined && hasFailed) {
      pair.failedSeconds = nowSeconds;
    }
    return pair?.accounts;
  };

  return {
    add: ({ peerNode, readings, failure }, nowSeconds) => {
      let anyFailed = false;
      for (const direction of ['to', 'from'] as const) {
        const own = readings.filter((reading) => reading.direction === direction);
        const isUnreached =
          direction === 'to' && (failure === 'unreachable' || failure === 'timeout');
        const hasFailed = isUnreached || own.some(isFailed);
        anyFailed ||= hasFailed;
        const [source, dest] = direction === 'to' ? [node, peerNode] : [peerNode, node];
        const pair = pairOf(source, dest, nowSeconds, hasFailed);
        for (const accounts of [direction === 'to' ? row : column, pair ?? []].flat()) {
          for (const reading of own) {
            addReading(accounts, reading);
          }
          if (direction === 'to' && failure !== undefined) {
            addResult(accounts.get(tcpSize), failure, 1);
          }
        }
      }
      return anyFailed;
    },
    families: (nowSeconds) => {
      for (const [key, { failedSeconds }] of pairs) {
        if (nowSeconds - failedSeconds > pairSeconds) {
          pairs.delete(key);
        }
      }
      const all = [
        ...[...row.values(), ...column.values()].map((account) => ({ account, factor: 1 })),
        ...[...pairs.values()].flatMap(({ accounts, beganSeconds }) =>
          [...accounts.values()].map((account) => ({
            account,
            factor: nowSeconds - beganSeconds < zeroSeconds ? 0 : 1,
          })),
        ),
      ];
      const samplesOf = (
        value: (account: Account) => number,
        has: (account: Account) => boolean = () => true,
      ): readonly Sample<ProbeLabel>[] =>
        all.flatMap(({ account, factor }) =>
          has(account) ? [{ labels: account.labels, value: factor * value(account) }] : [],
        );
      return [
        probeResults.family(
          all.flatMap(({ account: { labels, results }, factor }) =>
            [...results].map(([result, count]) => ({
              labels: { ...labels, result },
              value: factor * count,
            })),
          ),
        ),
        probeSentSegments.family(samplesOf(({ sent }) => sent, isTcp)),
        probeRetransmittedSegments.family(samplesOf(({ retransmitted }) => retransmitted, isTcp)),
        probeChecksumErrors.family(samplesOf(({ checksumErrors }) => checksumErrors)),
      ];
    },
  };
}

function isTcp({ labels }: Account): boolean {
  return labels.size === tcpSize;
}

/** Removes the pair that has not failed for longest, where there are too many. */
function makeRoom(pairs: Map<string, Pair>): void {
  if (pairs.size >= maxPairs) {
    const [oldest] = [...pairs].toSorted(
      ([, one], [, other]) => one.failedSeconds - other.failedSeconds,
    );
    pairs.delete(oldest?.[0] ?? '');
  }
}

function isFailed(reading: ProbeReading): boolean {
  const { corrupted, sent = 0, lost = 0 } = reading;
  return (
    corrupted > 0 ||
    attributedErrors(reading) > 0 ||
    (lost >= minLost && lost >= sent * minLostRatio)
  );
}

/** What others lost at the same time is none of this probe: a corrupt packet of its own was lost to it. */
function attributedErrors({ checksumErrors = 0, lost }: ProbeReading): number {
  return Math.min(checksumErrors, lost ?? checksumErrors);
}

function addReading(accounts: ReadonlyMap<string, Account>, reading: ProbeReading): void {
  const { protocol, bytes, transfers, corrupted, sent = 0, lost = 0 } = reading;
  const account = accounts.get(String(bytes));
  if (account === undefined) {
    return;
  }
  account.checksumErrors += attributedErrors(reading);
  if (protocol === 'udp') {
    addResult(account, 'ok', sent - lost);
    addResult(account, 'lost', lost);
    return;
  }
  addResult(account, 'ok', transfers - corrupted);
  addResult(account, 'corrupt', corrupted);
  account.sent += sent;
  account.retransmitted += lost;
}

function addResult(account: Account | undefined, result: string, count: number): void {
  if (count > 0 || account?.results.has(result) === true) {
    account?.results.set(result, (account.results.get(result) ?? 0) + count);
  }
}
