import { once } from 'node:events';
import { connect } from 'node:net';

import type { PeerResult, ProbePeer, ProbeProblemKind } from '../model/probe-report.ts';
import { probePeer } from './client.ts';
import type { ProbePlan } from './client.ts';
import type { ProbeNode } from './connect.ts';
import type { MeshFailure, MeshOutcome } from './mesh-accounts.ts';
import { bulkBytes } from './mesh-plan.ts';
import type { MeshTiming } from './mesh-plan.ts';

/** Of each size. */
const datagrams = 10;
const oneRound = { minSegments: 0, minMilliseconds: 0, maxBusyMilliseconds: 0 };
const datagramPlan: ProbePlan = { ...oneRound, datagrams, bulkBytes: [] };
const bulkPlan: ProbePlan = { ...oneRound, datagrams: 0, bulkBytes: [bulkBytes] };
/** Long enough for a second SYN. */
const maxConnectMilliseconds = 2500;
/** A process that is kept from running for so long takes its own delay for the network's. */
const maxLagMilliseconds = 400;
const lagIntervalMilliseconds = 50;
/** Of peers that come and go under ever new addresses. */
const maxNames = 4096;
/** Of this node, which say nothing of the peer. */
const localErrors = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

const failures: Readonly<Record<ProbeProblemKind, MeshFailure>> = {
  unreachable: 'unreachable',
  denied: 'denied',
  busy: 'busy',
  // It answered before: its process has ended, or was restarted.
  lost: 'refused',
  stalled: 'timeout',
};

/** Makes the function that measures a peer for a mesh: a connection, then datagrams, then a bulk in both directions. */
export function createMeshMeasure(
  node: ProbeNode,
  { deadlineSeconds }: MeshTiming,
): (peer: ProbePeer, signal: AbortSignal) => Promise<MeshOutcome> {
  /** What peers call themselves, by address. */
  const names = new Map<string, string>();
  const measure = async (peer: ProbePeer, signal: AbortSignal): Promise<MeshOutcome> => {
    const results: PeerResult[] = [];
    const outcome = (failure?: MeshFailure): MeshOutcome => ({
      peerNode: names.get(peer.host) ?? peer.host,
      readings: results.flatMap(readingsOf),
      ...(failure && { failure }),
    });
    const deadline = AbortSignal.timeout(Math.round(deadlineSeconds * 1000));
    const within = AbortSignal.any([signal, deadline]);
    const unconnected = await connectFailure(peer, within);
    if (unconnected !== undefined) {
      return outcome(unconnected);
    }
    try {
      for (const plan of [datagramPlan, bulkPlan]) {
        const result = await probePeer(peer, { plan, node, signal: within });
        if (result.name !== undefined) {
          names.delete(peer.host);
          names.set(peer.host, result.name);
          if (names.size > maxNames) {
            names.delete(names.keys().next().value ?? '');
          }
        }
        results.push(result);
        if (result.problem !== undefined) {
          return outcome(failures[result.problem.kind]);
        }
      }
      return outcome();
    } catch (error) {
      if (deadline.aborted) {
        return outcome('timeout');
      }
      throw error;
    }
  };
  return async (peer, signal) => {
    const lag = startLagMeter();
    try {
      const outcome = await measure(peer, signal);
      return lag.maxMilliseconds() > maxLagMilliseconds && !isClean(outcome)
        ? { peerNode: outcome.peerNode, readings: [], failure: 'starved' }
        : outcome;
    } finally {
      lag.stop();
    }
  };
}

/** A transfer that stood still is none. */
function readingsOf({ readings, problem }: PeerResult): PeerResult['readings'] {
  return readings.map((reading) =>
    reading.protocol === 'tcp' && reading.direction === problem?.stalledDirection
      ? { ...reading, transfers: 0 }
      : reading,
  );
}

function isClean({ readings, failure }: MeshOutcome): boolean {
  return failure === undefined && readings.every(({ lost = 0 }) => lost === 0);
}

/** Why a peer takes no connection, which only a connection of its own tells from all that comes later. */
async function connectFailure(
  { host, port }: ProbePeer,
  signal: AbortSignal,
): Promise<MeshFailure | undefined> {
  const socket = connect({ host, port });
  const deadline = AbortSignal.timeout(maxConnectMilliseconds);
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, deadline]) });
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/^ECONN(?:REFUSED|RESET)$/.test(code)) {
      return 'refused';
    }
    return localErrors.has(code) ? 'starved' : 'unreachable';
  } finally {
    socket.destroy();
  }
}

/** Measures how late the event loop of this process is. */
function startLagMeter(): { maxMilliseconds(): number; stop(): void } {
  let max = 0;
  let expected = performance.now() + lagIntervalMilliseconds;
  const update = (): void => {
    max = Math.max(max, performance.now() - expected);
  };
  const timer = setInterval(() => {
    update();
    expected = performance.now() + lagIntervalMilliseconds;
  }, lagIntervalMilliseconds);
  return {
    maxMilliseconds: () => {
      update();
      return max;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
