import type { ProbeRunOptions } from '../config/probe-arguments.ts';
import type {
  JudgedPeer,
  PeerResult,
  ProbeDevice,
  ProbePeer,
  ProbeReport,
  ProbeResult,
} from '../model/probe-report.ts';
import { probePeer } from './client.ts';
import type { ProbePlan } from './client.ts';
import type { ProbeNode } from './connect.ts';
import { judgePeers, worstResult } from './verdict.ts';

/**
 * Of 2,000 packets of which 0.5 % are corrupt, at least three are with a probability of 99.7 %, and ten are expected: as many
 * of each kind in each direction.
 */
const packets = 2000;
const bulkBytes = [256 * 1024, 1024 * 1024];
const maxBusyMilliseconds = 60_000;

export interface RunProbesOptions {
  readonly node: ProbeNode;
  readonly devices: readonly ProbeDevice[];
  readonly signal: AbortSignal;
  readonly onProgress: (peer: ProbePeer, fraction: number) => void;
  /** Resolves when the user has turned the feature off; false without a user. */
  readonly waitForUser: (feature: string, report: ProbeReport) => Promise<boolean>;
}

/** Probes nodes one after the other, and again to prove a feature guilty. */
export async function runProbes(
  { peers, path, prove, durationSeconds, nodeName }: ProbeRunOptions,
  options: RunProbesOptions,
): Promise<ProbeReport> {
  const measure = async (): Promise<readonly JudgedPeer[]> => {
    const results: PeerResult[] = [];
    for (const peer of peers) {
      results.push(
        await probePeer(peer, {
          plan: planFor(durationSeconds),
          node: options.node,
          signal: options.signal,
          onProgress: (fraction) => {
            options.onProgress(peer, fraction);
          },
        }),
      );
    }
    return judgePeers(results);
  };
  const first = await measure();
  const report: ProbeReport = {
    node: nodeName,
    ...(path === undefined ? {} : { path }),
    result: worstResult(first),
    peers: first,
    devices: options.devices,
  };
  if (prove === undefined || !(await options.waitForUser(prove, report))) {
    return report;
  }
  const second = await measure();
  return { ...report, proof: { feature: prove, result: worstResult(second), peers: second } };
}

const exitCodes: Readonly<Record<ProbeResult, number>> = { pass: 0, fail: 1, untested: 2 };

/** The exit code by the last measurement: 0 if all paths pass, 1 if one fails, 2 if one could not be tested. */
export function exitCodeOf({ result, proof }: ProbeReport): number {
  return exitCodes[(proof ?? { result }).result];
}

function planFor(durationSeconds: number): ProbePlan {
  return {
    datagrams: packets,
    bulkBytes,
    minSegments: packets,
    minMilliseconds: durationSeconds * 1000,
    maxBusyMilliseconds,
  };
}
