import type { Steps } from '../kit/panels.ts';

/** Where panels turn red: the numbers of the alert rules. */
export const thresholds = {
  /** Corrupt by all verified packets of a pair of nodes: NICCorruptingPair. */
  corruptRatio: 0.001,
  /** Segments of probes that the pod network loses beyond that of the nodes: NICProbePathCorrupt. */
  probeExcessRatio: 0.005,
  /** Failed by all requests of a pair of nodes: CrossNodeGRPCFailures. */
  pairFailureRatio: 0.01,
  /** The same where a source that fails most others pages: CrossNodeSourceFailing. */
  failingRatio: 0.2,
  /** Packets that the stack of a node drops in so many seconds: NICStackChecksumErrors. */
  stackErrors: 10,
  stackSeconds: 900,
} as const;

/** Colors of a failure ratio: noticeable, above the alert threshold, severe, unusable. */
export const ratioSteps: Steps = [
  [0.001, 'yellow'],
  [thresholds.pairFailureRatio, 'orange'],
  [0.05, 'red'],
  [thresholds.failingRatio, 'dark-red'],
];

/** The same as a rate. */
export const stackErrorsPerSecond: number = thresholds.stackErrors / thresholds.stackSeconds;

/** Grafana colours from a number on, rules of `> 0` fire above it: the minimum nonzero rate. */
export const aboveZero = 1e-9;
