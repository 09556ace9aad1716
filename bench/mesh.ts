// A mesh of probes between namespaces, watched by a real Prometheus with the rules: what it sends, how many series it has, that
// it accuses nobody while peers and names come and go, and how soon it names a node that corrupts what it sends. It takes ten
// minutes: `npm run bench -- mesh [--nodes=12] [--rate=600] [--corrupt=1]`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { bulkBytes, meshTiming, sweepSeconds } from '../src/probe/mesh-plan.ts';
import { fetchFrom } from '../test/support/fetch.ts';
import { createProbeLab } from '../test/support/probe-lab.ts';
import type { LabNode, LabProcess } from '../test/support/probe-lab.ts';
import { startPrometheus } from '../test/support/prometheus-process.ts';
import { readAlertFile } from '../test/support/rules.ts';
import { listAt, stringsAt } from '../test/support/value-at.ts';

const { values: options } = parseArgs({
  strict: false,
  options: {
    nodes: { type: 'string', default: '12' },
    rate: { type: 'string', default: '600' },
    corrupt: { type: 'string', default: '1' },
  },
});
const count = Number(options['nodes']);
const rate = Number(options['rate']);
const timing = meshTiming(rate);
const sweep = sweepSeconds(count, timing);
/** As docs/probe.md states, at any size of the fleet. */
const statedSeconds = 300;
const name = 'mesh.test';
const problems: string[] = [];

// One more, which only watches.
const lab = await createProbeLab(count + 1);
const nodes = lab.nodes.slice(0, count);
const watcher = lab.nodes[count];
const meshes = new Map<number, LabProcess>();
const listed = new Set(nodes.keys());

const start = async (index: number): Promise<void> => {
  const flags = [`--peer=${name}`, `--rate=${rate}`, '--path=pod'];
  meshes.set(index, await lab.mesh(index, flags));
};
const publish = (indices: Iterable<number>): void => {
  const lines = [...indices].map((index) => `${nodes[index]?.address} ${name}\n`);
  for (const { namespace } of nodes) {
    writeFileSync(`/etc/netns/${namespace.name}/hosts`, `127.0.0.1 localhost\n${lines.join('')}`);
  }
};

for (const { namespace } of nodes) {
  mkdirSync(`/etc/netns/${namespace.name}`, { recursive: true });
  // Nobody answers there.
  writeFileSync(
    `/etc/netns/${namespace.name}/resolv.conf`,
    'nameserver 192.0.2.254\noptions timeout:1 attempts:1\n',
  );
}
try {
  publish(listed);
  console.log(
    `${count} nodes, ${rate} kbit/s: slots of ${timing.slotSeconds.toFixed(1)} s, sweeps of ${sweep.toFixed(0)} s`,
  );
  await Promise.all([...nodes.keys()].map(start));
  const prometheus = await startPrometheus({
    ...(watcher && { namespace: watcher.namespace }),
    files: { 'nicwatch.rules.yaml': readAlertFile('nicwatch.rules.yaml') },
    configuration: `global: { scrape_interval: 15s, evaluation_interval: 15s }
rule_files: [nicwatch.rules.yaml]
scrape_configs:
  - job_name: nicwatch-probe-pod
    static_configs:
${nodes.map((node) => `      - { targets: ['${node.address}:10142'], labels: { node: ${node.name}, instance: ${node.name} } }\n`).join('')}`,
  });
  try {
    await calm(prometheus.query);
    await comeAndGo();
    await blame();
  } finally {
    await prometheus.stop();
  }
} finally {
  await lab.delete();
  for (const { namespace } of nodes) {
    rmSync(`/etc/netns/${namespace.name}`, { recursive: true, force: true });
  }
}
for (const problem of problems) {
  console.error(`problem: ${problem}`);
}
process.exitCode = problems.length > 0 ? 1 : 0;

/** Two sweeps in which nothing happens. */
async function calm(query: (expression: string) => Promise<readonly number[]>): Promise<void> {
  const seconds = 2 * (sweep + timing.slotSeconds) + 30;
  const before = await Promise.all(nodes.map(bytesOf));
  await setTimeout(seconds * 1000);
  const after = await Promise.all(nodes.map(bytesOf));
  const kilobits = after.map((bytes, index) =>
    Math.max(
      ...bytes.map((sum, way) => ((sum - (before[index]?.[way] ?? 0)) * 8) / seconds / 1000),
    ),
  );
  report('busiest node, scrapes and ARP included, kbit/s', Math.max(...kilobits), rate);
  const series = await query('max(count by (node) ({__name__=~"nic_probe_.+"}))');
  report('series of a node', series[0] ?? Number.NaN, 29);
  const coverage = await query('min(nic_probe_pair_coverage_ratio)');
  // Below it an alert fires: on a busy machine some probes wait for CPU, and are no result.
  report('uncovered peers of a node', 1 - (coverage[0] ?? Number.NaN), 0.1);
  const bulks = await query('sum(nic_probe_results_total{dest_node="",size="262144",result="ok"})');
  const others = await query(
    'sum(nic_probe_results_total{dest_node="",size="262144",result!="ok"})',
  );
  console.log(
    `${bulks[0]} transfers of ${bulkBytes} bytes in each direction, ${others[0]} probes without one`,
  );
  await expectNoAlert('while nothing happens');
}

/** What happens in a cluster on a bad day that is nobody's NIC. */
async function comeAndGo(): Promise<void> {
  await meshes.get(1)?.end('SIGKILL');
  await setTimeout(10_000);
  await start(1);
  // Names cannot be looked up, one node leaves, and one is killed.
  publish([]);
  await meshes.get(2)?.end('SIGTERM');
  await meshes.get(3)?.end('SIGKILL');
  await setTimeout(60_000);
  listed.delete(2);
  publish(listed);
  await start(3);
  for (let round = 0; round < 5; round += 1) {
    await pause(4, 3000);
    await setTimeout(7000);
  }
  await start(2);
  listed.add(2);
  publish(listed);
  await setTimeout(60_000);
  await expectNoAlert('while peers and names come and go');
}

async function pause(index: number, milliseconds: number): Promise<void> {
  const pid = meshes.get(index)?.pid;
  if (pid !== undefined) {
    process.kill(pid, 'SIGSTOP');
    await setTimeout(milliseconds);
    process.kill(pid, 'SIGCONT');
  }
}

/** One node corrupts what it sends. */
async function blame(): Promise<void> {
  const guilty = 5;
  const expected = nodes[guilty]?.name;
  await lab.setFault(guilty, { corrupt: Number(options['corrupt']) });
  const since = performance.now();
  const seconds = (): number => (performance.now() - since) / 1000;
  let named: Readonly<Record<string, string>> | undefined;
  while (named === undefined && seconds() < 3 * statedSeconds) {
    await setTimeout(1000);
    named = (await firing()).find((one) => one['source_node'] === expected);
  }
  report(
    `seconds until ${expected} is named`,
    named === undefined ? Number.NaN : seconds(),
    statedSeconds,
  );
  await setTimeout(120_000);
  const others = (await firing()).filter((one) => one['source_node'] !== expected);
  if (others.length > 0) {
    problems.push(`others are accused: ${JSON.stringify(others)}`);
  }
}

async function expectNoAlert(when: string): Promise<void> {
  const alerts = await firing();
  report(`alerts ${when}`, alerts.length, 0);
  if (alerts.length > 0) {
    problems.push(JSON.stringify(alerts));
  }
}

/** Labels of the alerts of probes that fire. */
async function firing(): Promise<readonly Readonly<Record<string, string>>[]> {
  const url = 'http://127.0.0.1:9090/api/v1/query?query=';
  const expression =
    'max_over_time(ALERTS{alertname=~"NICProbe.+|NICNode.+",alertstate="firing"}[10m])';
  const { text } = await fetchFrom(watcher?.namespace.name, url + encodeURIComponent(expression));
  return listAt(JSON.parse(text), 'data', 'result').map((one) => stringsAt(one, 'metric'));
}

/** Received and sent, with the headers of the tunnel. */
async function bytesOf({ namespace }: LabNode): Promise<readonly [number, number]> {
  const table = await namespace.run('cat', ['/proc/net/dev']);
  const numbers = /underlay0:\s*(.*)/.exec(table)?.[1]?.split(/\s+/).map(Number) ?? [];
  return [numbers[0] ?? Number.NaN, numbers[8] ?? Number.NaN];
}

function report(what: string, value: number, max: number): void {
  const isGood = value <= max;
  console.log(`${isGood ? 'ok ' : 'BAD'} ${what}: ${value.toFixed(1)} (at most ${max.toFixed(1)})`);
  if (!isGood) {
    problems.push(`${what}: ${value}`);
  }
}
