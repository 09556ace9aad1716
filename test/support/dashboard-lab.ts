import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import { freePort, startAgent } from './agent-process.ts';
import type { AgentProcess, AgentProcessOptions } from './agent-process.ts';
import { createGrpcCluster, serveGrpcCluster } from './grpc-cluster.ts';
import { pastOf } from './past.ts';
import type { PastValue } from './past.ts';
import { createPrometheusApi } from './prometheus-api.ts';
import type { PrometheusApi } from './prometheus-api.ts';
import { startPrometheus } from './prometheus-process.ts';
import { createRecordedMachine } from './recorded-machine.ts';
import type { RecordedMachine } from './recorded-machine.ts';
import { debianHost, readKmsgRecording } from './recordings.ts';
import { readAlertFile } from './rules.ts';

/** A cluster of twelve nodes in trouble, three of which run the built agent, and a Prometheus that knows its last hour. */
export interface DashboardLab {
  readonly prometheus: PrometheusApi;
  /** Names of the nodes, and when things happened, in seconds since the epoch. */
  readonly story: Story;
  /** Waits for as many scrapes as rates, rules and findings need. Gives the time, in seconds since the epoch. */
  untilAlertsFire(): Promise<number>;
  stop(): Promise<void>;
}

interface Story {
  /** All of them make requests of each other. */
  readonly nodes: readonly string[];
  /** Its requests fail since soon after a flag was switched on. */
  readonly guilty: string;
  readonly switchedOnAt: number;
  readonly failingSince: number;
  /** Its transmitter hangs; somebody has switched off a flag then. It receives wrong checksums, too. */
  readonly hanging: string;
  readonly hangingSince: number;
  readonly switchedOffAt: number;
  /** It cannot be scraped since a hang of its NIC. */
  readonly unreachable: string;
  readonly lostAt: number;
}

/** How often Prometheus has scraped in the past hour. */
export const scrapeSeconds = 15;

const hang = readKmsgRecording('hang-eno1-persist');
const flag = 'tx-tcp-segmentation';
const real = 'node-01';
/** Of a counter that first has to rise by ten. */
const slowestFinding = 'problem:nic_findings:active{problem="stack drops bad tcp checksums"}';

/** Starts it all, which takes some seconds. */
export async function startDashboardLab(): Promise<DashboardLab> {
  const now = Math.floor(Date.now() / 1000);
  const failingSince = now - 20 * 60;
  const cluster = createGrpcCluster({ size: 12, guilty: 'node-07', since: failingSince });
  const story: Story = {
    nodes: cluster.nodes,
    guilty: 'node-07',
    switchedOnAt: failingSince - 300,
    failingSince,
    hanging: 'node-03',
    hangingSince: now - 300,
    switchedOffAt: now - 180,
    unreachable: 'node-12',
    lostAt: now - 420,
  };
  const corrupting = createRecordedMachine(debianHost, { bootedSecondsAgo: 3 * 86_400 });
  const hung = createRecordedMachine(debianHost, { bootedSecondsAgo: 1800, previousBoot: hang });
  hung.replace('ethtool/k.eno1.txt', /tx-tcp-segmentation: on/, `${flag}: off`);
  hung.setStatistic('eno1', 'rx_csum_offload_errors', 999);
  hang.forEach(hung.log);
  const clients = serveGrpcCluster(cluster);
  await once(clients, 'listening');
  const agents = new Map<string, AgentProcess>([
    [real, await startAgent()],
    [story.guilty, await startAgent(withDevices(corrupting))],
    [story.hanging, await startAgent(withDevices(hung))],
  ]);

  const times = Array.from(
    { length: 3600 / scrapeSeconds },
    (_, index) => now - index * scrapeSeconds,
  );
  times.reverse();
  const past = pastOf(cluster.exposition(now), {
    times,
    labels: { cluster: 'lab', job: 'clients', instance: 'clients' },
    value: (series, _, at) => cluster.value(series, at),
  });
  const targets = [{ node: story.unreachable, address: `127.0.0.1:${await freePort()}` }];
  const agentPasts: string[] = [];
  for (const [node, agent] of agents) {
    targets.push({ node, address: new URL(agent.url).host });
    const { text } = await agent.freshScrape();
    agentPasts.push(
      ...pastOf(text, { times, labels: labelsOf(node), value: pastValue(node, story) }),
    );
    if (node === story.hanging) {
      // What the lost one said was the same.
      const labels = labelsOf(story.unreachable);
      const scraped = times.filter((at) => at <= story.lostAt);
      agentPasts.push(...pastOf(text, { times: scraped, labels, value: (_, value) => value }));
    }
  }
  const address = clients.address();
  const clientsPort = typeof address === 'object' ? address?.port : undefined;
  const process = await startPrometheus({
    history: `${[...past, ...agentPasts, ...recordedPast(story, times)].join('\n')}\n# EOF\n`,
    files: {
      'nicwatch.rules.yaml': readAlertFile('nicwatch.rules.yaml').replace(
        'interval: 1m',
        'interval: 1s',
      ),
    },
    configuration: `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [nicwatch.rules.yaml]
scrape_configs:
  - job_name: nicwatch
    static_configs:
${targets.map(({ node, address: target }) => `      - { targets: ['${target}'], labels: { cluster: lab, node: ${node}, instance: ${node} } }\n`).join('')}  - job_name: clients
    static_configs:
      - { targets: ['127.0.0.1:${clientsPort}'], labels: { cluster: lab, instance: clients } }
`,
  });
  const prometheus = createPrometheusApi(process.url);
  const living = new AbortController();
  const trouble = keepTroubled(hung, living.signal);
  return {
    prometheus,
    story,
    untilAlertsFire: async () => {
      for (const deadline = Date.now() + 40_000; ; await setTimeout(250)) {
        const at = Date.now() / 1000;
        const scraped = await prometheus.query('min(count_over_time(up[10s])) > 8', at);
        const firing = await prometheus.query('ALERTS{alertstate="firing"}', at);
        const found = await prometheus.query(slowestFinding, at);
        if (scraped.length > 0 && firing.length > 0 && found.length > 0) {
          return at;
        }
        if (Date.now() > deadline) {
          throw new Error('no alert fires');
        }
      }
    },
    stop: async () => {
      living.abort();
      await trouble;
      await process.stop();
      await Promise.all([...agents.values()].map(async (agent) => agent.stop()));
      clients.close();
      corrupting.delete();
      hung.delete();
    },
  };
}

function labelsOf(node: string): Readonly<Record<string, string>> {
  return { cluster: 'lab', job: 'nicwatch', node, instance: node };
}

/** What the rules would have recorded in the past hour, of which they go on. */
function recordedPast(story: Story, times: readonly number[]): readonly string[] {
  const { guilty, hanging, unreachable } = story;
  const findings = [
    [`cluster="lab",node="${guilty}"`, 'calls from it fail', 'warning', story.failingSince],
    [labelsOfNic(hanging), 'transmitter hangs', 'critical', story.hangingSince],
    [labelsOfNic(hanging), 'receives bad checksums', 'warning', story.hangingSince],
  ] as const;
  const switches = [
    [guilty, 'on', story.switchedOnAt],
    [hanging, 'off', story.switchedOffAt],
  ] as const;
  return [
    ...findings.map(([labels, problem, severity, start]) => ({
      series: `problem:nic_findings:since_timestamp_seconds{${labels},problem="${problem}",scope="nic",severity="${severity}"}`,
      start,
      value: start,
    })),
    ...switches.map(([node, state, start]) => ({
      series: `ALERTS_FOR_STATE{alertname="NICOffloadChanged",${labelsOfNic(node)},feature="${flag}",severity="info",state="${state}"}`,
      start,
      value: start,
    })),
    {
      series: `instance:nicwatch_scrape:timestamp_seconds{cluster="lab",instance="${unreachable}",job="nicwatch",node="${unreachable}"}`,
      start: story.lostAt,
      value: story.lostAt,
    },
    {
      series: `device:nic_last_state:code{${labelsOfNic(unreachable)}}`,
      start: story.lostAt,
      value: 10,
    },
  ].flatMap(({ series, start, value }) =>
    times.filter((at) => at >= start).map((at) => `${series} ${value} ${at}`),
  );
}

function labelsOfNic(node: string): string {
  return `cluster="lab",device="eno1",instance="${node}",job="nicwatch",node="${node}"`;
}

/** What was otherwise in the past hour than it is now. */
function pastValue(node: string, story: Story): PastValue {
  return (series, now, at) => {
    const isFlag = series.includes(`{device="eno1",feature="${flag}"`);
    if (node === story.guilty && isFlag) {
      return at < story.switchedOnAt ? 0 : now;
    }
    if (node !== story.hanging) {
      return now;
    }
    if (isFlag) {
      return at < story.switchedOffAt ? 1 : now;
    }
    const isHanging = at >= story.hangingSince;
    if (series.startsWith('nic_kernel_event_last_timestamp_seconds')) {
      return isHanging ? Math.min(now, at) : undefined;
    }
    if (series.startsWith('nic_hang_active')) {
      return isHanging ? 1 : 0;
    }
    if (/^nic_(?:kernel_events|rx_csum_errors|stack_csum_errors)_total/.test(series)) {
      return isHanging ? Math.floor(now * Math.min(1, (at - story.hangingSince) / 240)) : 0;
    }
    return now;
  };
}

/** A hang is over thirty seconds after its last record, and this takes longer on a busy machine. */
async function keepTroubled(node: RecordedMachine, signal: AbortSignal): Promise<void> {
  for (let count = 1000; !signal.aborted; count += 1) {
    if (count % 30 === 0) {
      hang.forEach(node.log);
    }
    node.setStatistic('eno1', 'rx_csum_offload_errors', count);
    node.replace('proc/net/snmp', /^(Tcp: (?:-?\d+ ){14})\d+$/m, `$1${count}`);
    await setTimeout(100);
  }
}

/** A NIC and a tunnel are enough. */
function withDevices({ agent }: RecordedMachine): AgentProcessOptions {
  return { ...agent, flags: [...agent.flags, '--device.include=eno1|vx42'] };
}
