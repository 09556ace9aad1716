import { chosen, perDevice, perNode } from './findings.ts';

/** Packets per second with a wrong checksum, by device, where there are any. */
export const csumRate: string = `max by (${perDevice}) (device:nic_rx_csum_errors:rate5m{${chosen.device}})`;

/** Packets per second that the stack drops for a wrong checksum, by node and protocol, where there are any. */
export const stackCsumRate: string = `max by (${perNode}, protocol) (instance:nic_stack_csum_errors:rate5m{${chosen.node}})`;

/** The top series of a sparse rate in the time range: the same ones for the whole range. */
export function worstOfRange(count: number, labels: string, series: string): string {
  return `topk(${count}, sum by (${labels}) (sum_over_time(${series}[$__range] @ end())))`;
}
