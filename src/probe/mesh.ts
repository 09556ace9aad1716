import { setTimeout } from 'node:timers/promises';

import type { MetricFamily } from '../metrics/metric.ts';
import type { ProbePeer } from '../model/probe-report.ts';
import { createMeshAccounts } from './mesh-accounts.ts';
import type { MeshOutcome, ProbePath } from './mesh-accounts.ts';
import { createMeshCoverage } from './mesh-coverage.ts';
import type { MeshPeers } from './mesh-peers.ts';
import { createRotation, hasExtraProbe, startInSlot } from './mesh-plan.ts';
import type { MeshTiming } from './mesh-plan.ts';

export interface MeshOptions {
  readonly nodeName: string;
  readonly path: ProbePath;
  readonly timing: MeshTiming;
  readonly peers: MeshPeers;
  /** Measures the path to a peer, in a limited time. */
  readonly measure: (peer: ProbePeer, signal: AbortSignal) => Promise<MeshOutcome>;
  /** Since the epoch, which is the same on all nodes. */
  readonly now?: () => number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** Probes all other nodes again and again. */
export interface Mesh {
  /** Probes one peer at a time until the signal. */
  run(signal: AbortSignal): Promise<void>;
  families(): readonly MetricFamily[];
}

const refreshMilliseconds = 30_000;
/** How often a pair that has failed is measured again out of turn, and of how many pairs that is remembered. */
const maxRepeats = 2;
const maxRepeatedPeers = 3;

/** Creates the mesh of this node: who is probed when, and what it counts. */
export function createMesh({
  nodeName,
  path,
  timing,
  peers,
  measure,
  now = Date.now,
  wait = async (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
}: MeshOptions): Mesh {
  const accounts = createMeshAccounts(nodeName, path);
  const coverage = createMeshCoverage(path, timing);
  /** Pairs to measure again, those that failed last at the end. */
  const repeats = new Map<string, number>();
  let refreshedAt = Number.NEGATIVE_INFINITY;

  const refresh = async (): Promise<ReadonlySet<string>> => {
    refreshedAt = now();
    const confirmed = await peers.refresh();
    coverage.setPeers(
      peers.list().map(({ host }) => host),
      now() / 1000,
    );
    return confirmed;
  };

  const probe = async (address: string | undefined, signal: AbortSignal): Promise<boolean> => {
    const peer = peers.list().find(({ host }) => host === address);
    if (peer === undefined) {
      return false;
    }
    const outcome = await measure(peer, signal);
    signal.throwIfAborted();
    const isGone =
      (outcome.failure === 'unreachable' || outcome.failure === 'timeout') &&
      !(await refresh()).has(peer.host);
    if (isGone) {
      // It has left, or nobody can tell whether it has.
      return false;
    }
    if (isMeasured(outcome)) {
      coverage.measured(peer.host, now() / 1000);
    }
    return accounts.add(outcome, now() / 1000);
  };

  const repeat = async (signal: AbortSignal): Promise<void> => {
    const [address = '', left = 0] = repeats.entries().next().value ?? [];
    repeats.delete(address);
    if (left > 1) {
      repeats.set(address, left - 1);
    }
    await probe(address, signal);
  };

  const runSlot = async (slot: number, signal: AbortSignal): Promise<void> => {
    const own = peers.own();
    const addresses = peers.list().map(({ host }) => host);
    const slotMilliseconds = timing.slotSeconds * 1000;
    const startAt = slotMilliseconds * slot + startInSlot(own, slot, timing) * 1000;
    const waitUntil = async (time: number): Promise<void> => {
      await wait(Math.max(0, time - now()), signal);
    };
    await waitUntil(startAt);
    const address = createRotation(addresses, own)(slot);
    if ((await probe(address, signal)) && address !== undefined) {
      repeats.set(address, maxRepeats);
      const [oldest = ''] = repeats.keys();
      if (repeats.size > maxRepeatedPeers) {
        repeats.delete(oldest);
      }
    }
    const extraAt = startAt + slotMilliseconds / 2;
    if (repeats.size > 0 && hasExtraProbe(own, slot) && now() <= extraAt) {
      await waitUntil(extraAt);
      await repeat(signal);
    }
    await waitUntil(slotMilliseconds * (slot + 1));
  };

  return {
    run: async (signal) => {
      try {
        while (!signal.aborted) {
          if (now() - refreshedAt >= refreshMilliseconds) {
            await refresh();
          }
          await runSlot(Math.floor(now() / 1000 / timing.slotSeconds), signal);
        }
      } catch (error) {
        if (!signal.aborted) {
          throw error;
        }
      }
    },
    families: () => [
      ...accounts.families(now() / 1000),
      coverage.family(peers.isFound(), now() / 1000),
    ],
  };
}

/** A peer that could not be reached is a result; one that was not asked is none. */
function isMeasured({ readings, failure }: MeshOutcome): boolean {
  return readings.length > 0 || failure === 'unreachable' || failure === 'timeout';
}
