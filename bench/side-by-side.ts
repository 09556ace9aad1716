// Runs in a network namespace of its own, see compare.ts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { judgeBudgets } from './budgets.ts';
import { agentFlags, nicwatchCommand, nodeExporterCommand, startExporter } from './exporter.ts';
import type { Exporter, ExporterCommand } from './exporter.ts';
import { measureIdle, measureInTurns, quantile } from './measure.ts';
import type { Measurement, Pattern } from './measure.ts';
import { addVethDevices, vethDevices } from './namespace.ts';
import { residentBytes } from './process-usage.ts';
import { formatReport } from './report.ts';
import { scrape } from './scrape.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** How much is measured for each number of devices. */
interface Effort {
  readonly starts: number;
  readonly warmUpRounds: number;
  /** nicwatch polls for every scrape. */
  readonly fresh: Pattern;
  /** nicwatch may answer several scrapes from one poll. */
  readonly burst: Pattern;
  readonly idleSeconds: number;
}

/** nicwatch answers from its last poll for a second. */
const freshIntervalMilliseconds = 1100;

const thorough: Effort = {
  starts: 5,
  warmUpRounds: 30,
  fresh: {
    name: 'fresh',
    rounds: 55,
    intervalMilliseconds: freshIntervalMilliseconds,
    longestMilliseconds: 90_000,
  },
  burst: { name: 'burst', rounds: 300, intervalMilliseconds: 0, longestMilliseconds: 60_000 },
  idleSeconds: 30,
};

const quick: Effort = {
  starts: 1,
  warmUpRounds: 1,
  fresh: { ...thorough.fresh, rounds: 3 },
  burst: { ...thorough.burst, rounds: 10 },
  idleSeconds: 2,
};

/** Router solicitations and duplicate address detection of new devices, and what they cost, are not the exporters'. */
const settleMilliseconds = 3000;

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    ...agentFlags,
    quick: { type: 'boolean', default: false },
    devices: { type: 'string' },
    json: { type: 'string', default: '.cache/bench.json' },
  },
});
const effort = options.quick ? quick : thorough;
const counts = (options.devices ?? (options.quick ? '10' : '10,100,1000')).split(',').map(Number);

// The parent passes on that it is to end by killing; Ctrl-C in a terminal comes here too.
process.once('SIGINT', () => process.exit(130));
const stateDirectory = temporaryDirectory();

const commands = [
  nicwatchCommand(options, { devices: vethDevices, stateDirectory }),
  nodeExporterCommand(vethDevices),
];
const measurements: Measurement[] = [];
let present = 0;
for (const count of counts) {
  addVethDevices(present, count);
  present = count;
  await setTimeout(settleMilliseconds);
  measurements.push(...(await measure(commands, count)));
}

const budgets = judgeBudgets(measurements);
console.log(formatReport(measurements, budgets));
mkdirSync(dirname(options.json), { recursive: true });
writeFileSync(
  options.json,
  `${JSON.stringify(
    {
      measuredAt: new Date(),
      kernel: release(),
      processors: cpus().map(({ model }) => model),
      node: process.version,
      measurements,
      budgets,
    },
    undefined,
    2,
  )}\n`,
);
console.log(`\nwritten to ${options.json}`);

/** Measures all exporters on the devices there are. */
async function measure(
  exporterCommands: readonly ExporterCommand[],
  devices: number,
): Promise<readonly Measurement[]> {
  console.error(`measuring ${devices} devices`);
  const started = await startAll(exporterCommands);
  const exporters = started.map(({ exporter }) => exporter);
  // Code that runs once a second takes a while to be compiled.
  await measureInTurns(exporters, { ...effort.fresh, rounds: effort.warmUpRounds });
  const costs = [
    ...(await measureInTurns(exporters, effort.fresh)),
    ...(await measureInTurns(exporters, effort.burst)),
  ];
  const resident = new Map(exporters.map(({ name, pid }) => [name, residentBytes(pid)]));
  const idle = await measureIdle(exporters, effort.idleSeconds);
  const measured = await Promise.all(
    started.map(async ({ exporter: { name, port }, startMilliseconds }) => ({
      exporter: name,
      devices,
      startMilliseconds,
      residentBytes: resident.get(name) ?? Number.NaN,
      ...describe((await scrape(port)).body(), devices),
      idleCpuMillisecondsPerMinute: idle.get(name) ?? Number.NaN,
      costs: costs.filter(({ exporter }) => exporter === name),
    })),
  );
  await Promise.all(exporters.map(async (exporter) => exporter.stop()));
  return measured;
}

/** Starts every exporter as often as wanted, in turns, and leaves the last of each running. */
async function startAll(
  exporterCommands: readonly ExporterCommand[],
): Promise<readonly { readonly exporter: Exporter; readonly startMilliseconds: number }[]> {
  const times = new Map(exporterCommands.map(({ name }): [string, number[]] => [name, []]));
  for (let start = 1; ; start += 1) {
    const exporters: Exporter[] = [];
    for (const command of exporterCommands) {
      const exporter = await startExporter(command);
      times.get(command.name)?.push(exporter.startMilliseconds);
      if (start < effort.starts) {
        await exporter.stop();
      }
      exporters.push(exporter);
    }
    if (start === effort.starts) {
      return exporters.map((exporter) => ({
        exporter,
        startMilliseconds: quantile(times.get(exporter.name) ?? [], 0.5),
      }));
    }
  }
}

/** One real line: `nicwatch_build_info{version="0.1.0",revision="13fec3e",...,ethtool_reader="ioctl"} 1` */
function describe(
  body: string,
  devices: number,
): Pick<Measurement, 'reader' | 'stuckReads' | 'bodyBytes' | 'series' | 'seriesPerDevice'> {
  const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return {
    reader: /^nicwatch_build_info\{.*ethtool_reader="(\w+)"/m.exec(body)?.[1],
    stuckReads: series.filter((line) => /^nicwatch_device_read_stuck\{.*\} 1$/.test(line)).length,
    bodyBytes: Buffer.byteLength(body),
    series: series.length,
    seriesPerDevice: series.filter((line) => line.includes('device="bench')).length / devices,
  };
}
