import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import { startExporter } from './exporter.ts';
import type { Exporter, ExporterCommand } from './exporter.ts';
import { quantile, waitUntil } from './measure.ts';
import { countVoluntarySwitches, cpuMilliseconds } from './process-usage.ts';
import { scrape } from './scrape.ts';

/** Cost of following /dev/kmsg in the built agent, and latency of a record. */
export interface KernelLogCost {
  /** From writing a record to the end of the first scrape that counts it. */
  readonly records: number;
  readonly medianMilliseconds: number;
  readonly maxMilliseconds: number;
  /** With neither scrapes nor polls. */
  readonly idle: {
    readonly seconds: number;
    readonly voluntarySwitches: number;
    readonly cpuMilliseconds: number;
    /** Records of other processes: the kernel has one log. */
    readonly records: number;
  };
}

/** Amount of measurement. */
export interface KernelLogEffort {
  readonly records: number;
  /** From the last scrape to when the agent counts as idle. */
  readonly settleMilliseconds: number;
  readonly idleSeconds: number;
}

/** Time for which a snapshot is fresh: records are written at all its ages. */
const snapshotMilliseconds = 1000;
const deadlineMilliseconds = 10_000;

/** Measures an agent that polls once an hour, so that it only follows the log. */
export async function measureKernelLog(
  { argv, ...command }: ExporterCommand,
  { records, settleMilliseconds, idleSeconds }: KernelLogEffort,
): Promise<KernelLogCost> {
  const agent = await startExporter({ ...command, argv: [...argv, '--poll.interval=1h'] });
  const idle = await measureIdle(agent, { settleMilliseconds, idleSeconds });
  const latencies: number[] = [];
  for (let index = 0; index < records; index += 1) {
    latencies.push(await measureRecord(agent, (index / records) * snapshotMilliseconds));
  }
  await agent.stop();
  return {
    records,
    medianMilliseconds: quantile(latencies, 0.5),
    maxMilliseconds: Math.max(...latencies),
    idle,
  };
}

async function measureIdle(
  { pid, port }: Exporter,
  { settleMilliseconds, idleSeconds: seconds }: Omit<KernelLogEffort, 'records'>,
): Promise<KernelLogCost['idle']> {
  const recordsBefore = await countRecords(port);
  await setTimeout(settleMilliseconds);
  const switches = countVoluntarySwitches(pid);
  const cpuBefore = cpuMilliseconds(pid);
  await waitUntil(performance.now() + seconds * 1000, switches);
  return {
    seconds,
    voluntarySwitches: switches(),
    cpuMilliseconds: cpuMilliseconds(pid) - cpuBefore,
    records: (await countRecords(port)) - recordsBefore,
  };
}

/** Writes a record at the given age of the snapshot, and returns the time until a scrape counts it. */
async function measureRecord({ port }: Exporter, ageMilliseconds: number): Promise<number> {
  const before = await countRecords(port);
  await setTimeout(ageMilliseconds);
  const writtenAt = performance.now();
  // Below what consoles print. Without the newline the kernel waits for the rest of the line.
  writeFileSync('/dev/kmsg', '<7>nicwatch bench: a record\n');
  while ((await countRecords(port)) === before) {
    if (performance.now() - writtenAt > deadlineMilliseconds) {
      throw new Error(`a kernel record was not counted within ${deadlineMilliseconds} ms`);
    }
  }
  return performance.now() - writtenAt;
}

/** One real line: `nicwatch_kernel_log_records_total{source="kmsg"} 1087`. @throws {Error} where it is missing. */
async function countRecords(port: number): Promise<number> {
  const body = (await scrape(port, '/metrics?collect%5B%5D=kernel-log')).body();
  const [, count] = /^nicwatch_kernel_log_records_total\{source="kmsg"\} (\d+)$/m.exec(body) ?? [];
  if (count === undefined) {
    throw new Error('expected nicwatch_kernel_log_records_total in what was scraped');
  }
  return Number(count);
}
