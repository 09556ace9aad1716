import { perNode } from './findings.ts';

/** One end of a request, as a label. */
export type Side = 'source_node' | 'dest_node';

const pair = 'cluster, source_node, dest_node';
/** Matchers of the pairs that are chosen. */
export const chosenPairs =
  'cluster=~"$cluster",source_node=~"$source_node",dest_node=~"$dest_node"';

/** Failed requests by all requests of each pair of different nodes, as the alert rules count them. */
export function pairRatio(): string {
  return `max by (${pair}) (node_pair:rpc_remote_failures:ratio_rate5m{${chosenPairs}})`;
}

/** Packets that arrive with a wrong checksum by all that were verified, of each pair of nodes. */
export function wireRatio(): string {
  return `max by (${pair}) (node_pair:nic_wire_bad:ratio_rate15m{${chosenPairs}})`;
}

/** Segments of probes that are sent again in the pod network and not in that of the nodes, of each pair that has failed. */
export function probeRatio(): string {
  return `max by (${pair}) (node_pair:nic_probe_excess:ratio_rate15m{${chosenPairs}})`;
}

/** Nodes that probe others, whether or not a pair has failed. */
export function probingNodes(): string {
  return `max by (cluster, source_node) (source_node:nic_probe_retransmitted:ratio_rate15m{cluster=~"$cluster",source_node=~"$source_node"})`;
}

/** What is seen of pairs, in three ways. */
interface Measurements {
  readonly wire: string;
  readonly probes: string;
  readonly calls: string;
}

/** The first of them that there is: packets verified on the wire, probes, calls. */
export function firstSeen({ wire, probes, calls }: Measurements): string {
  const onTheWire = `group(${wireRatio()})`;
  return `${wire}
or (${probes} unless on () ${onTheWire})
or (${calls} unless on () (${onTheWire} or group(${probingNodes()})))`;
}

/** Segments of probes of the pairs of a node that are sent again. */
export function probeLossOf(side: Side): string {
  return `sum by (cluster, ${side}) (node_pair:nic_probe_excess:ratio_rate15m{${chosenPairs}})`;
}

/** Packets with a wrong checksum that a node sends, or receives, in fifteen minutes. */
export function corruptOf(side: Side): string {
  return `sum by (cluster, ${side}) (node_pair:nic_wire_bad:increase15m{${chosenPairs}})`;
}

/** The share of bad packets of a node that the rules find guilty of them, on the wire or in probes. */
export function corruptGuiltyRatio(side: Side): string {
  const matchers = `{cluster=~"$cluster",${side}=~"$${side}"}`;
  const wire =
    side === 'source_node'
      ? 'source_node:nic_wire_guilty:ratio'
      : 'dest_node:nic_wire_guilty:ratio';
  const [probes, guilty] =
    side === 'source_node'
      ? ['source_node:nic_probe_retransmitted:ratio_rate15m', 'source_node:nic_probe_guilty:count']
      : ['dest_node:nic_probe_retransmitted:ratio_rate15m', 'dest_node:nic_probe_guilty:count'];
  return `max by (cluster, ${side}) (${wire}${matchers} or ${probes}${matchers} and on (cluster, ${side}, path) ${guilty}${matchers})`;
}

/** Requests per second of each pair of nodes. */
export function pairRequests(): string {
  return `sum by (${pair}) (node_pair:rpc_requests:rate5m{${chosenPairs}})`;
}

/** Failed requests per second of each pair of nodes. */
export function pairFailures(): string {
  return `sum by (${pair}) (node_pair:rpc_failures:rate5m{${chosenPairs}})`;
}

/** The pairs of different nodes with most failed requests at the end of the time range. */
export function worstPairs(count: number): string {
  const failures = `sum by (${pair}) (node_pair:rpc_failures:rate5m{${chosenPairs}} @ end())`;
  return `topk(${count}, ${failures} > 0)`;
}

/** Failed requests per second of the calls a node makes, or of those it is called by. */
export function failuresOf(side: Side): string {
  return `sum by (cluster, ${side}) (node_pair:rpc_failures:rate5m{${chosenPairs}})`;
}

export function requestsOf(side: Side): string {
  return `sum by (cluster, ${side}) (node_pair:rpc_requests:rate5m{${chosenPairs}})`;
}

/** The share of the other nodes that a guilty node has failures with; the rules say which is guilty. */
export function guiltyShare(side: Side): string {
  const matchers = `cluster=~"$cluster",${side}=~"$${side}"`;
  const ratio =
    side === 'source_node' ? 'source_node:rpc_guilty:ratio' : 'dest_node:rpc_guilty:ratio';
  return `max by (cluster, ${side}) (${ratio}{${matchers}})`;
}

/** Keeps series of nodes that send corrupt packets, or whose calls fail towards most others; they carry the label `node`. */
export function ofGuiltySources(expression: string): string {
  const guilty = `(${corruptGuiltyRatio('source_node')} or ${guiltyShare('source_node')})`;
  return `(${expression}) and on (${perNode}) label_replace(${guilty}, "node", "$1", "source_node", "(.+)")`;
}
