// What the collector `wire` finds in good packets, and what it costs: real traffic through VXLAN between two namespaces. It takes
// three minutes: `npm run bench -- wire [--seconds=75]`.
import { loadavg } from 'node:os';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startAgent } from '../test/support/agent-process.ts';
import type { AgentProcess } from '../test/support/agent-process.ts';
import type { Exposition } from '../test/support/exposition.ts';
import { tunnelPacket } from '../test/support/tunnel-packet.ts';
import { quantile } from './measure.ts';
import { cpuMilliseconds, residentBytes } from './process-usage.ts';
import { formatTable } from './table.ts';
import { goodKinds } from './wire-kinds.ts';
import { createWireLab } from './wire-lab.ts';
import type { WireLab } from './wire-lab.ts';

const { values: options } = parseArgs({
  strict: false,
  options: { seconds: { type: 'string', default: '75' } },
});
const goodSeconds = Number(options['seconds']);
const costSeconds = 40;
/** Packets a second while the cost is measured. */
const packetRate = 100_000;
const vnetBytes = 10;
const problems: string[] = [];

const goodLab = await createWireLab(goodKinds);
await withAgents(
  goodLab,
  [['--collector.wire', '--collector.wire.rate=1000'], ['--collector.wire']],
  findNothingBad,
);
const costLab = await createWireLab([{ name: 'cost', traffic: [['udp', 1400, packetRate]] }]);
await withAgents(costLab, [['--collector.wire'], []], measureCost);
for (const problem of problems) {
  console.error(`problem: ${problem}`);
}
process.exitCode = problems.length > 0 ? 1 : 0;

type Use = (lab: WireLab, agents: readonly [AgentProcess, AgentProcess]) => Promise<void>;

/** Runs two agents beside each other on the receiver of a lab, then deletes it. */
async function withAgents(
  lab: WireLab,
  flags: readonly [readonly string[], readonly string[]],
  use: Use,
): Promise<void> {
  const agents: AgentProcess[] = [];
  const start = async (index: 0 | 1): Promise<AgentProcess> => {
    const agent = await startAgent({
      namespace: lab.receiver,
      port: 10_140 + index,
      flags: ['--device.include=wire.*', ...flags[index]],
    });
    agents.push(agent);
    return agent;
  };
  try {
    await use(lab, [await start(0), await start(1)]);
  } finally {
    for (const agent of agents) {
      await agent.stop();
    }
    await lab.delete();
  }
}

/** All that the kernel sends is good; then some frames are not. */
async function findNothingBad(...[lab, [most, few]]: Parameters<Use>): Promise<void> {
  const stop = lab.send();
  await setTimeout(goodSeconds * 1000);
  await stop();
  judge(await settled(most), { rate: 1000, minChecked: 1_000_000 });
  judge(await settled(few), { rate: 100, minChecked: 100_000 });
  const fragmented = goodKinds.findIndex(({ sees }) => sees.length === 0);
  const reassembled = await receivedPackets(lab, `vxlan${fragmented}`);
  report('packets reassembled from fragments outside', reassembled, { min: 1 });

  // Corrupted frames are found: otherwise 0 would mean nothing.
  const device = 'wire0';
  await lab.receiver.ip(`address add 192.0.2.1/32 dev ${device}`);
  while ((await most.freshScrape()).value('nic_wire_sampling_ratio', { device }) !== 1) {
    await setTimeout(500);
  }
  for (const layer of ['outer', 'inner'] as const) {
    const before = wire(await settled(most), 'bad_packets', { layer });
    const frames = (['good', 'bad'] as const).flatMap((checksum) => {
      const packet = tunnelPacket({ [`${layer}Checksum`]: checksum, paddingBytes: 20 });
      return Array.from({ length: 50 }, () => packet.subarray(vnetBytes));
    });
    await lab.sendFrames(device, frames);
    const found = wire(await settled(most), 'bad_packets', { layer }) - before;
    report(`found of 50 wrong ${layer} checksums`, found, { min: 50, max: 50 });
  }
}

/** Compares the counts of the kinds with what is expected. */
function judge(
  scrape: Exposition,
  { rate, minChecked }: { readonly rate: number; readonly minChecked: number },
): void {
  const counters = ['samples', 'lost_samples', 'checked_packets', 'bad_packets'];
  const rows = goodKinds.map(({ name, sees }, index) => {
    const device = `wire${index}`;
    const seen = scrape
      .samples('nic_wire_samples_total', { device })
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => ({ result: labels.get('result') ?? '', value }));
    for (const result of sees.filter((each) => !seen.some((one) => one.result === each))) {
      problems.push(`${name}: expected samples with the result ${result}`);
    }
    const results = seen.map(({ result, value }) => `${value} ${result}`).join(', ');
    return [name, ...counters.map((one) => String(wire(scrape, one, { device }))), results];
  });
  console.log(`\n${rate} samples/s per port`);
  console.log(formatTable([['kind', ...counters, 'results'], ...rows]).join('\n'));
  const single = `${wire(scrape, 'samples', { result: 'good' })} of them one by one, the others merged`;
  report('checked packets', wire(scrape, 'checked_packets'), { min: minChecked, note: single });
  report('bad packets', wire(scrape, 'bad_packets'), { max: 0 });
  for (const result of ['malformed', 'unreadable']) {
    report(`${result} samples`, wire(scrape, 'samples', { result }), { max: 0 });
  }
}

/** What the collector costs at its default rate: an agent with it beside one without. */
async function measureCost(...[lab, agents]: Parameters<Use>): Promise<void> {
  const stop = lab.send();
  // Until the sampling ratio fits the traffic.
  await setTimeout(10_000);
  const look = async () => ({
    scrape: await agents[0].freshScrape(),
    packets: await receivedPackets(lab, 'wire0'),
    cpu: agents.map(({ pid = 0 }) => cpuMilliseconds(pid)),
    at: performance.now(),
  });
  const before = await look();
  const latencies = agents.map((): number[] => []);
  const resident = agents.map((): number[] => []);
  const order = [...agents.entries()];
  for (let round = 0; performance.now() < before.at + costSeconds * 1000; round += 1) {
    for (const [index, agent] of round % 2 === 0 ? order : order.toReversed()) {
      latencies[index]?.push((await agent.fetch('/metrics')).seconds * 1000);
      resident[index]?.push(residentBytes(agent.pid ?? 0) / 2 ** 20);
    }
    await setTimeout(1000);
  }
  const after = await look();
  await stop();

  const seconds = (after.at - before.at) / 1000;
  const cpu = after.cpu.map((used, index) => (used - (before.cpu[index] ?? 0)) / seconds / 10);
  const memory = resident.map((values) => quantile(values, 0.5));
  const increase = (counter: string): number =>
    wire(after.scrape, counter) - wire(before.scrape, counter);
  console.log(`\n${seconds.toFixed(0)} s, load average ${loadavg()[0]?.toFixed(1)}`);
  report('packets/s', (after.packets - before.packets) / seconds, { min: packetRate * 0.95 });
  report('samples/s', increase('samples') / seconds, { min: 70, max: 140 });
  report('CPU, % of a core', difference(cpu), { max: 1, note: both(cpu) });
  report('resident memory, MiB', difference(memory), { max: 4, note: both(memory) });
  const lostBefore = `${wire(before.scrape, 'lost_samples')} before, when the traffic began`;
  report('lost samples', increase('lost_samples'), { max: 0, note: lostBefore });
  report('bad packets', wire(after.scrape, 'bad_packets'), { max: 0 });
  const medians = latencies.map((values) => quantile(values, 0.5));
  console.log(`    median latency of a scrape, ms: ${both(medians)}`);
}

function difference([one = Number.NaN, other = Number.NaN]: readonly number[]): number {
  return one - other;
}

function both(values: readonly number[]): string {
  return `${values.map((value) => value.toFixed(2)).join(' with it, ')} without`;
}

async function receivedPackets({ receiver }: WireLab, device: string): Promise<number> {
  const table = await receiver.run('cat', ['/proc/net/dev']);
  return Number(new RegExp(`${device}:\\s*\\d+\\s+(\\d+)`).exec(table)?.[1]);
}

/** A scrape that counts all packets sent before: those of a new source are missing in the first. */
async function settled(agent: AgentProcess): Promise<Exposition> {
  await setTimeout(1000);
  await agent.freshScrape();
  return agent.freshScrape();
}

/** The sum of a counter of the collector. */
function wire(
  scrape: Exposition,
  counter: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const samples = scrape.samples(`nic_wire_${counter}_total`, labels);
  return samples.reduce((sum, { value }) => sum + value, 0);
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly note?: string;
}

function report(what: string, value: number, { min, max, note }: Limits): void {
  const isGood = value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  const remarks = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(note === undefined ? [] : [note]),
  ];
  console.log(
    `${isGood ? 'ok ' : 'BAD'} ${what}: ${Number(value.toFixed(2))} (${remarks.join('; ')})`,
  );
  if (!isGood) {
    problems.push(`${what}: ${value}`);
  }
}
