import { chosen, perDevice, perNode } from './findings.ts';

/** Packets per second with a wrong checksum, by device. */
export const csumRate: string = `sum by (${perDevice}) (rate(nic_rx_csum_errors_total{${chosen.device}}[$__rate_interval]))`;

/** Packets per second that the stack drops for a wrong checksum, by node and protocol. */
export const stackCsumRate: string = `sum by (${perNode}, protocol) (rate(nic_stack_csum_errors_total{${chosen.node}}[$__rate_interval]))`;
