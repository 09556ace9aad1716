/** Where a probe connects to. */
export interface ProbePeer {
  readonly host: string;
  readonly port: number;
}

/** Direction of packets, seen from the node that probes. */
export type ProbeDirection = 'to' | 'from';

/** What was measured with one kind of packets in one direction. */
export interface ProbeReading {
  readonly direction: ProbeDirection;
  readonly protocol: 'udp' | 'tcp';
  /** Payload of each datagram, or of each connection. */
  readonly bytes: number;
  /** Datagrams, or connections. */
  readonly transfers: number;
  /** Datagrams sent, or segments with data, retransmitted ones among them. Absent where it could not be read. */
  readonly sent?: number;
  /** Datagrams lost, or segments retransmitted because they were. Absent where it could not be read. */
  readonly lost?: number;
  /** Wrong checksums the receiver counted meanwhile. Absent where it could not be read. */
  readonly checksumErrors?: number;
  /** Connections whose payload arrived changed, with right checksums. */
  readonly corrupted: number;
  readonly seconds: number;
}

/**
 * Why a peer was not measured completely.
 *
 * `unreachable`: no connection; `denied`: no authentic answer; `busy`: another measurement did not end; `lost`: it stopped
 * answering in the middle; `stalled`: two transfers in a row stood still, and it still answers on a new connection.
 */
export type ProbeProblemKind = 'unreachable' | 'denied' | 'busy' | 'lost' | 'stalled';

export interface ProbeProblem {
  readonly kind: ProbeProblemKind;
  readonly message: string;
  /** Of `stalled`. */
  readonly stalledDirection?: ProbeDirection;
}

/** All that was measured with one peer. */
export interface PeerResult {
  readonly peer: ProbePeer;
  /** The node's name, as it says. */
  readonly name?: string;
  /** Time of the first connect. */
  readonly connectSeconds?: number;
  readonly readings: readonly ProbeReading[];
  readonly problem?: ProbeProblem;
}

/**
 * What is wrong in one direction.
 *
 * `corruption`: packets were lost and the receiver counted wrong checksums; `silent-corruption`: a payload arrived changed
 * with right checksums; `stalled`: connections stand still, and small packets pass; `large-loss`: large packets are lost and
 * small ones are not; `loss`: packets are lost whatever their size.
 */
export type ProbeFault = 'corruption' | 'silent-corruption' | 'stalled' | 'large-loss' | 'loss';

export interface ProbeFinding {
  readonly fault: ProbeFault;
  readonly direction: ProbeDirection;
  /** What was seen, in one sentence. */
  readonly headline: string;
  /** Where to look first; absent for what is no fault of a node. */
  readonly suspect?: ProbeSuspect;
}

export interface ProbeSuspect {
  readonly node: 'this' | 'peer';
  readonly side: 'transmit' | 'receive';
}

export type ProbeResult = 'pass' | 'fail' | 'untested';

/** A peer and what its measurements say. */
export interface JudgedPeer extends PeerResult {
  readonly result: ProbeResult;
  readonly findings: readonly ProbeFinding[];
  /** Why it is `untested`. */
  readonly reason?: string;
}

/** A device of this node with offload features that can corrupt packets. */
export interface ProbeDevice {
  readonly name: string;
  readonly driver?: string;
  /** Those that are on, and can be switched off. */
  readonly features: readonly string[];
}

/** What `nicwatch probe run` measured. */
export interface ProbeReport {
  readonly node: string;
  /** What the path was said to be. */
  readonly path?: 'pod' | 'host';
  readonly result: ProbeResult;
  readonly peers: readonly JudgedPeer[];
  readonly devices: readonly ProbeDevice[];
  /** A second measurement, with a feature switched off. */
  readonly proof?: ProbeProof;
}

interface ProbeProof {
  readonly feature: string;
  readonly result: ProbeResult;
  readonly peers: readonly JudgedPeer[];
}

/** What `nicwatch probe run --format=json` prints. */
export interface ProbeResponse {
  readonly status: 'success';
  readonly data: ProbeReport;
}
