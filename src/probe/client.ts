import { setTimeout } from 'node:timers/promises';

import { assertSourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import type {
  PeerResult,
  ProbePeer,
  ProbeProblem,
  ProbeProblemKind,
  ProbeReading,
} from '../model/probe-report.ts';
import { checksumRise, transferBulk } from './bulk.ts';
import { connectTo } from './connect.ts';
import type { ConnectRequest, Connection, ProbeNode } from './connect.ts';
import { exchangeDatagrams } from './datagrams.ts';
import { fewestSegments, mergeReadings } from './readings.ts';

/** The plan of the measurements with a peer. */
export interface ProbePlan {
  /** Datagrams of each size; 0 for none. */
  readonly datagrams: number;
  /** Payload sizes of connections, each sent in both directions at least once. */
  readonly bulkBytes: readonly number[];
  /** Min segments per direction, and min duration, until which they are repeated. */
  readonly minSegments: number;
  readonly minMilliseconds: number;
  /** Timeout of waiting for a peer that is busy with another measurement. */
  readonly maxBusyMilliseconds: number;
  /** Timeout of a transfer without progress; 10 s by default. */
  readonly maxIdleMilliseconds?: number;
}

export interface ProbePeerOptions {
  readonly plan: ProbePlan;
  readonly node: ProbeNode;
  readonly signal: AbortSignal;
  /** Called with the completed share of the plan, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Max repetitions, for any size of segments. */
const maxRounds = 40;
/** Min interval of retries with a busy peer. */
const busyMilliseconds = 50;
/** The datagrams' share of the progress. */
const datagramsShare = 0.3;

/**
 * Measures the path to one peer: datagrams, then bulks over new connections. An error ends it; earlier measurements
 * remain.
 *
 * @throws the reason of the signal when it is aborted.
 */
export async function probePeer(peer: ProbePeer, options: ProbePeerOptions): Promise<PeerResult> {
  const { plan, node, signal, onProgress = () => {} } = options;
  const began = performance.now();
  const readings: ProbeReading[] = [];
  let first: Connection | undefined;

  const withConnection = async (
    request: Pick<ConnectRequest, 'profile' | 'bytes'>,
    measure: (connection: Connection) => Promise<void>,
  ): Promise<ProbeProblem | undefined> => {
    const known = readings.length;
    const before = node.readCounters();
    let connection: Connection | 'busy' | undefined;
    try {
      connection = await connectWhenFree(
        peer,
        { ...request, node, signal, idleMilliseconds: plan.maxIdleMilliseconds },
        plan,
      );
      if (connection === 'busy') {
        return { kind: 'busy', message: 'it takes part in another measurement' };
      }
      first ??= connection;
      await measure(connection);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      assertSourceError(error);
      const { bytes } = request;
      const problem = { kind: problemKinds[error.reason], message: error.message };
      if (error.reason !== 'timeout' || bytes === undefined || typeof connection !== 'object') {
        return problem;
      }
      const direction = readings.length === known ? 'to' : 'from';
      const after = await countersOf(peer, { node, signal });
      if (after === undefined) {
        return problem;
      }
      const errors =
        direction === 'to'
          ? checksumRise(connection.counters, after)
          : checksumRise(before, node.readCounters());
      readings.push({
        direction,
        protocol: 'tcp',
        bytes,
        transfers: 1,
        ...errors,
        corrupted: 0,
        seconds: 0,
      });
      return { kind: 'stalled', message: problem.message, stalledDirection: direction };
    } finally {
      if (typeof connection === 'object') {
        connection.socket.destroy();
      }
    }
  };

  const doneOf = (): number =>
    Math.min(
      1,
      fewestSegments(readings) / Math.max(1, plan.minSegments),
      (performance.now() - began) / Math.max(1, plan.minMilliseconds),
    );

  const bulk = async (bytes: number): Promise<ProbeProblem | undefined> =>
    withConnection({ profile: 'bulk', bytes }, async (connection) =>
      transferBulk(connection, {
        bytes,
        node,
        onReading: (reading) => {
          readings.push(reading);
        },
      }),
    );

  const run = async (): Promise<ProbeProblem | undefined> => {
    let problem: ProbeProblem | undefined;
    if (plan.datagrams > 0) {
      problem = await withConnection({ profile: 'datagrams' }, async (connection) => {
        const counted = await exchangeDatagrams(connection, {
          port: peer.port,
          count: plan.datagrams,
          node,
          signal,
          onProgress: (fraction) => {
            onProgress(datagramsShare * fraction);
          },
        });
        readings.push(...counted);
      });
    }
    for (let round = 1; problem === undefined && plan.bulkBytes.length > 0; round += 1) {
      for (const bytes of plan.bulkBytes) {
        problem ??= await confirmed(async () => bulk(bytes));
        onProgress(datagramsShare + (1 - datagramsShare) * doneOf());
      }
      if (doneOf() >= 1 || (round >= maxRounds && plan.minMilliseconds === 0)) {
        break;
      }
    }
    return problem;
  };

  const problem = await run();
  return {
    peer,
    ...(first && { name: first.peerName, connectSeconds: first.connectSeconds }),
    readings: mergeReadings(readings),
    ...(problem && { problem }),
  };
}

const problemKinds: Readonly<Record<SourceErrorReason, ProbeProblemKind>> = {
  absent: 'unreachable',
  denied: 'denied',
  timeout: 'lost',
  failed: 'lost',
  unsupported: 'lost',
};

/** Stalls only count if the next transfer stalls too: a peer that was not scheduled for a while is no fault of the path. */
async function confirmed(
  measure: () => Promise<ProbeProblem | undefined>,
): Promise<ProbeProblem | undefined> {
  const problem = await measure();
  return problem?.kind === 'stalled'
    ? ((await measure()) ?? { kind: 'lost', message: `${problem.message} in one transfer only` })
    : problem;
}

async function connectWhenFree(
  peer: ProbePeer,
  request: ConnectRequest,
  { maxBusyMilliseconds }: ProbePlan,
): Promise<Connection | 'busy'> {
  const deadline = performance.now() + maxBusyMilliseconds;
  for (;;) {
    const connection = await connectTo(peer, request);
    if (connection !== 'busy' || performance.now() > deadline) {
      return connection;
    }
    // Jitter, for several waiting clients.
    await setTimeout(busyMilliseconds * (1 + Math.random()), undefined, { signal: request.signal });
  }
}

/** The current counters of the peer; undefined if it no longer answers. */
async function countersOf(
  peer: ProbePeer,
  request: Pick<ConnectRequest, 'node' | 'signal'>,
): Promise<Connection['counters']> {
  try {
    const connection = await connectTo(peer, { ...request, profile: 'counters' });
    if (connection === 'busy') {
      return undefined;
    }
    connection.socket.destroy();
    return connection.counters;
  } catch (error) {
    request.signal.throwIfAborted();
    assertSourceError(error);
    return undefined;
  }
}
