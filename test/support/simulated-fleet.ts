import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** A node that serves the recorded exposition of a host, with changes. */
interface SimulatedNode {
  readonly name: string;
  /** Sets a series, as the exposition writes it: `nic_hang_active{device="eno1"}`; undefined removes it. */
  set(series: string, value: number | undefined): void;
  /** Increases an existing counter. */
  add(series: string, count: number): void;
  /** Scrapes of a node that is off the network are not refused, but time out. */
  setReachable(isReachable: boolean): void;
  /** Resets the counters, as a reboot does, at a time in seconds since the epoch. */
  reboot(at: number): void;
  /** When it last answered a scrape, in milliseconds since the epoch. */
  scrapedAt(): number | undefined;
  /** Its current exposition; empty if it is not reachable. */
  exposition(): string;
}

/** Calls between the nodes, with failure ratios. */
interface SimulatedCalls {
  /** Sets the failure ratio of the calls from one node to another. */
  fail(source: string, dest: string, ratio: number): void;
  /** What the clients of all nodes count at a time in seconds since the epoch. */
  exposition(at: number): string;
}

/** Nodes and the calls between them behind one address, `/NODE` and `/calls`. */
export interface SimulatedFleet {
  readonly nodes: readonly SimulatedNode[];
  readonly calls: SimulatedCalls;
  node(name: string): SimulatedNode;
  /** A value of `scrape_configs`, with a label `cluster`. */
  scrapeConfigs(cluster: string): string;
  close(): Promise<void>;
}

/** Serves a fleet of nodes with one e1000e and a tunnel each, none of them exposed to a known issue. */
export async function startSimulatedFleet(size: number): Promise<SimulatedFleet> {
  const names = Array.from(
    { length: size },
    (_, index) => `node-${String(index + 1).padStart(2, '0')}`,
  );
  const nodes = names.map(createSimulatedNode);
  const calls = createSimulatedCalls(names);
  const reachable = new Map(nodes.map((node) => [`/${node.name}`, node]));
  const server = createServer((request, response) => {
    const text =
      request.url === '/calls'
        ? calls.exposition(Date.now() / 1000)
        : reachable.get(request.url ?? '')?.exposition();
    if (text !== undefined && text !== '') {
      response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(text);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const target = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    nodes,
    calls,
    node: (name) => {
      const found = reachable.get(`/${name}`);
      if (found === undefined) {
        throw new Error(`no node ${name}`);
      }
      return found;
    },
    scrapeConfigs: (cluster) => `  - job_name: nicwatch
    static_configs:
${names.map((name) => `      - { targets: ['${target}'], labels: { __metrics_path__: /${name}, cluster: ${cluster}, node: ${name}, instance: ${name} } }\n`).join('')}  - job_name: clients
    metrics_path: /calls
    static_configs:
      - { targets: ['${target}'], labels: { cluster: ${cluster}, instance: clients } }
`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function createSimulatedNode(name: string): SimulatedNode {
  const lines = [
    ...goldenLines('eno1'),
    ...goldenLines('vx42').filter((line) => line.includes('device="vx42"')),
  ];
  const series = new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))] as const;
    }),
  );
  for (const known of series.keys()) {
    if (known.startsWith('nic_known_issue')) {
      series.set(known, 0);
    }
  }
  let isReachable = true;
  let scrapedAt: number | undefined;
  const set: SimulatedNode['set'] = (changed, value) => {
    if (value === undefined) {
      series.delete(changed);
    } else {
      series.set(changed, value);
    }
  };
  set('nic_boot_timestamp_seconds', Math.floor(Date.now() / 1000) - 3 * 86_400);
  return {
    name,
    set,
    add: (counter, count) => {
      series.set(counter, (series.get(counter) ?? 0) + count);
    },
    setReachable: (value) => {
      isReachable = value;
    },
    reboot: (at) => {
      for (const counter of series.keys()) {
        if (/^[a-z_]+_total/.test(counter)) {
          series.set(counter, 0);
        }
      }
      set('nic_boot_timestamp_seconds', at);
    },
    scrapedAt: () => scrapedAt,
    exposition: () => {
      if (!isReachable) {
        return '';
      }
      scrapedAt = Date.now();
      return [...series].map(([key, value]) => `${key} ${value}\n`).join('');
    },
  };
}

/** The exposition of a device of the recorded host. */
function goldenLines(device: string): readonly string[] {
  const path = `../hosts/debian-6.12.95-qemu/golden/${device}.prom`;
  return readFileSync(new URL(path, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Every node calls every other about five times a second; of two thousand calls one fails. */
function createSimulatedCalls(names: readonly string[]): SimulatedCalls {
  const pairs = names.flatMap((source, row) =>
    names
      .filter((dest) => dest !== source)
      .map((dest, column) => ({
        source,
        dest,
        perSecond: 5 + ((row * 7 + column * 3) % 5),
        ratio: 1 / 2000,
        all: 10_000,
        failed: 5,
      })),
  );
  let counted: number | undefined;
  const count = (at: number): void => {
    const seconds = at - (counted ?? at);
    counted = at;
    for (const pair of pairs) {
      pair.all += pair.perSecond * seconds;
      pair.failed += pair.perSecond * seconds * pair.ratio;
    }
  };
  return {
    fail: (source, dest, ratio) => {
      count(Date.now() / 1000);
      for (const pair of pairs) {
        if (pair.source === source && pair.dest === dest) {
          pair.ratio = ratio;
        }
      }
    },
    exposition: (at) => {
      count(at);
      return pairs
        .map(({ source, dest, all, failed }) => {
          const labels = `source_node="${source}",dest_node="${dest}",grpc_service="shop.Orders",grpc_method="Get",grpc_type="unary"`;
          return `grpc_client_handled_total{${labels},grpc_code="OK"} ${all - failed}
grpc_client_handled_total{${labels},grpc_code="Unavailable"} ${failed}
`;
        })
        .join('');
    },
  };
}
