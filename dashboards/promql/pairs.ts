import { thresholds } from './thresholds.ts';

/** One end of a request, as a label. */
export type Side = 'source_node' | 'dest_node';

/** A moment other than that of the query: `@ end()` is the end of the time range. */
type At = '' | '@ end()';

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
export function pairRatio(at: At = ''): string {
  const all = grpcRequests('', at);
  const others = `max by (${pair}) (node_pair:rpc_failures:ratio_rate5m{telemetry!="grpc",${chosenPairs}}${suffix(at)})`;
  return `((${grpcRequests(',grpc_code!="OK"', at)} or 0 * ${all}) / (${all} > 0) or ${others})`;
}

/** Requests per second of each pair of nodes. */
export function pairRequests(): string {
  const recorded = [
    'node_pair:response_total:rate5m',
    'node_pair:rpc_client_call_duration_seconds_count:rate5m',
  ];
  const others = recorded.map((metric) => `sum by (${pair}) (${metric}{${chosenPairs}})`);
  return `(${[grpcRequests('', ''), ...others].join(' or ')})`;
}

/** Failed requests per second of each pair of nodes. */
export function pairFailures(): string {
  return `(${pairRatio()} * ${pairRequests()})`;
}

/** The share of the other nodes that a node has failures with. */
export function failingShare(side: Side): string {
  return `avg by (cluster, ${side}) (${pairRatio()} > bool ${thresholds.pairFailureRatio})`;
}

function grpcRequests(codes: string, at: At): string {
  return `sum by (${pair}) (rate(grpc_client_handled_total{${chosenPairs}${codes}}[$__rate_interval]${suffix(at)}))`;
}

function suffix(at: At): string {
  return at === '' ? '' : ` ${at}`;
}
