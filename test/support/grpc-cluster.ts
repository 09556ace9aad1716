import { createServer } from 'node:http';
import type { Server } from 'node:http';

/** gRPC clients of a simulated cluster, of which one node's requests fail. */
export interface GrpcCluster {
  readonly nodes: readonly string[];
  /** What a series counts at a time in seconds since the epoch. */
  value(series: string, at: number): number | undefined;
  /** All series at a time, in the Prometheus format. */
  exposition(at: number): string;
}

export interface GrpcClusterOptions {
  readonly size: number;
  /** The node whose requests fail, and since when in seconds since the epoch. */
  readonly guilty: string;
  readonly since: number;
}

/** How long the clients have been counting when the requests begin to fail. */
const beforeSeconds = 6 * 3600;

/** Every node makes some requests of every other; of a thousand one fails, and of the guilty node's one of thirty. */
export function createGrpcCluster({ size, guilty, since }: GrpcClusterOptions): GrpcCluster {
  const nodes = Array.from(
    { length: size },
    (_, index) => `node-${String(index + 1).padStart(2, '0')}`,
  );
  const counters = new Map<string, (at: number) => number>();
  for (const [row, source] of nodes.entries()) {
    for (const [column, dest] of nodes.entries()) {
      if (source !== dest) {
        const perSecond = 5 + ((row * 7 + column * 3) % 5);
        const all = (at: number): number => perSecond * (at - since + beforeSeconds);
        const failed = (at: number): number =>
          all(at) / 1000 + (source === guilty ? (perSecond * Math.max(0, at - since)) / 30 : 0);
        const labels = `source_node="${source}",dest_node="${dest}",grpc_service="shop.Orders",grpc_method="Get",grpc_type="unary"`;
        counters.set(
          `grpc_client_handled_total{${labels},grpc_code="OK"}`,
          (at) => all(at) - failed(at),
        );
        counters.set(`grpc_client_handled_total{${labels},grpc_code="Unavailable"}`, failed);
      }
    }
  }
  const value = (series: string, at: number): number | undefined => {
    const count = counters.get(series)?.(at);
    return count === undefined ? undefined : Math.floor(count);
  };
  return {
    nodes,
    value,
    exposition: (at) =>
      [...counters.keys()].map((series) => `${series} ${value(series, at)}\n`).join(''),
  };
}

/** Serves the counters of the clients at the time of each scrape. */
export function serveGrpcCluster({ exposition }: GrpcCluster): Server {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(exposition(Date.now() / 1000));
  });
  return server.listen(0, '127.0.0.1');
}
