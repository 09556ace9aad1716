import type { MetricFamily } from '../metrics/metric.ts';
import type { ProbePath } from './mesh-accounts.ts';
import { probeCoverage } from './mesh-metrics.ts';
import { sweepSeconds } from './mesh-plan.ts';
import type { MeshTiming } from './mesh-plan.ts';

/** Knows how many peers of a node were measured in the time in which all should be. */
export interface MeshCoverage {
  setPeers(addresses: readonly string[], nowSeconds: number): void;
  measured(address: string, nowSeconds: number): void;
  /** @param isFound whether peers could ever be looked up */
  family(isFound: boolean, nowSeconds: number): MetricFamily;
}

interface KnownPeer {
  readonly sinceSeconds: number;
  measuredSeconds: number | undefined;
}

/** Creates the coverage of a node without peers. */
export function createMeshCoverage(path: ProbePath, timing: MeshTiming): MeshCoverage {
  const peers = new Map<string, KnownPeer>();
  return {
    setPeers: (addresses, nowSeconds) => {
      const current = new Set(addresses);
      for (const address of peers.keys()) {
        if (!current.has(address)) {
          peers.delete(address);
        }
      }
      for (const address of addresses) {
        if (!peers.has(address)) {
          peers.set(address, { sinceSeconds: nowSeconds, measuredSeconds: undefined });
        }
      }
    },
    measured: (address, nowSeconds) => {
      const peer = peers.get(address);
      if (peer !== undefined) {
        peer.measuredSeconds = nowSeconds;
      }
    },
    family: (isFound, nowSeconds) => {
      // In every other sweep a node is the one that probes, and in the others the one that is probed.
      const since = nowSeconds - 2 * (sweepSeconds(peers.size + 1, timing) + timing.slotSeconds);
      const due = [...peers.values()].filter(({ sinceSeconds }) => sinceSeconds <= since);
      const measured = due.filter(
        ({ measuredSeconds = Number.NaN }) => measuredSeconds >= since,
      ).length;
      const ratio = isFound ? measured / due.length : 0;
      return probeCoverage.family(Number.isNaN(ratio) ? [] : [{ labels: { path }, value: ratio }]);
    },
  };
}
