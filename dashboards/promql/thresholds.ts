/** Where panels turn red: the numbers of the alert rules. */
export const thresholds = {
  /** Failed by all requests of a pair of nodes: CrossNodeGRPCFailures. */
  pairFailureRatio: 0.01,
  /** Share of the other nodes a node's requests fail with: CrossNodeFailureFromOneSource. */
  failingShare: 0.5,
  /** How long a kernel event counts as now, in seconds: NICHardwareUnitHang and its like. */
  recentSeconds: 600,
  /** Packets that the stack of a node drops in so many seconds: NICStackChecksumErrors. */
  stackErrors: 10,
  stackSeconds: 900,
} as const;

/** The same as a rate. */
export const stackErrorsPerSecond: number = thresholds.stackErrors / thresholds.stackSeconds;

/** Grafana colours from a number on, rules of `> 0` fire above it: the least rate that is none. */
export const aboveZero = 1e-9;
