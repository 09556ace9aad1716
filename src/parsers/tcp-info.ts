import { readU32 } from './ethtool-structs.ts';

/** What a connection sent. */
export interface TcpSegments {
  /** Segments with data, retransmissions among them. */
  readonly sent: number;
  /** Without those of which the receiver said that it already had them. */
  readonly retransmitted: number;
}

/** Length of a `struct tcp_info` up to its last field used here. */
export const tcpInfoBytes = 220;
const layout = { totalRetransmitted: 100, dataSegmentsOut: 156, duplicates: 216 } as const;

/**
 * Parses a `struct tcp_info`. A kernel without the last fields leaves them 0.
 *
 * @see include/uapi/linux/tcp.h
 */
export function parseTcpInfo(bytes: Buffer): TcpSegments {
  const retransmitted = readU32(bytes, layout.totalRetransmitted);
  return {
    sent: readU32(bytes, layout.dataSegmentsOut),
    retransmitted: Math.max(0, retransmitted - readU32(bytes, layout.duplicates)),
  };
}
