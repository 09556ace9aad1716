import type { Scope } from './findings.ts';
import { thresholds } from './thresholds.ts';

/** One end of a request, as a label. */
export type Side = 'source_node' | 'dest_node';

const ofWorstSource = 'cluster=~"$cluster",node=~"$worst_source"';

/** The node whose requests fail towards most others. */
export const worstSource: Scope = { node: ofWorstSource, device: ofWorstSource };

/** Which pairs, and when. */
interface PairOptions {
  /** Label matchers; by default of those that are chosen. */
  readonly pairs?: string;
  /** A moment other than that of the query: the end of the time range. */
  readonly at?: '@ end()';
}

const pair = 'cluster, source_node, dest_node';
/** gRPC clients whose metrics do not name both nodes are left out. */
const chosenPairs =
  'cluster=~"$cluster",source_node=~"$source_node",dest_node=~"$dest_node",source_node!="",dest_node!=""';

/**
 * Failed requests by all requests of each pair of nodes; a pair without requests has no ratio.
 *
 * From gRPC's own counters as CrossNodeGRPCFailures has it, and for pairs that have none from the rules for Linkerd and
 * OpenTelemetry.
 */
export function pairRatio({ pairs = chosenPairs, at }: PairOptions = {}): string {
  const all = grpcRequests(pairs, at);
  const failed = grpcRequests(`${pairs},grpc_code!="OK"`, at);
  const others = `max by (${pair}) (node_pair:rpc_failures:ratio_rate5m{telemetry!="grpc",${pairs}}${suffix(at)})`;
  return `((${failed} or 0 * ${all}) / (${all} > 0) or ${others})`;
}

/** Requests per second of each pair of nodes. */
export function pairRequests(): string {
  const recorded = [
    'node_pair:response_total:rate5m',
    'node_pair:rpc_client_call_duration_seconds_count:rate5m',
  ];
  const others = recorded.map((metric) => `sum by (${pair}) (${metric}{${chosenPairs}})`);
  return `(${[grpcRequests(chosenPairs, undefined), ...others].join(' or ')})`;
}

/** Failed requests per second of each pair of nodes. */
export function pairFailures(): string {
  return `(${pairRatio()} * ${pairRequests()})`;
}

/** The share of the other nodes that a node has failures with. */
export function failingShare(side: Side, pairs: string = chosenPairs): string {
  return `avg by (cluster, ${side}) (${pairRatio({ pairs })} > bool ${thresholds.pairFailureRatio})`;
}

/** The same of the one node for which it is greatest: far less to compute where many moments are asked for. */
export function worstShare(side: Side): string {
  const variable = side === 'source_node' ? '$worst_source' : '$worst_dest';
  return failingShare(side, `${chosenPairs},${side}=~"${variable}"`);
}

function grpcRequests(pairs: string, at: PairOptions['at']): string {
  return `sum by (${pair}) (rate(grpc_client_handled_total{${pairs}}[$__rate_interval]${suffix(at)}))`;
}

function suffix(at: PairOptions['at']): string {
  return at === undefined ? '' : ` ${at}`;
}
