// Runs in a network namespace of its own, see compare.ts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { judgeBudgets } from './budgets.ts';
import { chooseEfforts, typicalDevices } from './effort.ts';
import type { Effort } from './effort.ts';
import {
  agentFlags,
  nicwatchCommand,
  nodeExporterCommand,
  wholeNodeExporterCommand,
} from './exporter.ts';
import type { ExporterCommand } from './exporter.ts';
import { measureKernelLog } from './kernel-log-cost.ts';
import { measureExporters } from './measure-exporters.ts';
import type { Measurement } from './measure.ts';
import { addVethDevices, vethDevices } from './namespace.ts';
import { formatReport } from './report.ts';
import type { Connection } from './scrape.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    ...agentFlags,
    quick: { type: 'boolean', default: false },
    devices: { type: 'string' },
    'typical-minutes': { type: 'string' },
    'idle-seconds': { type: 'string' },
    json: { type: 'string', default: '.cache/bench.json' },
    close: { type: 'boolean', default: false },
  },
});
/** A Prometheus keeps its connection. */
const connection: Connection = options.close ? 'close' : 'keep-alive';
const efforts = chooseEfforts({
  quick: options.quick,
  devices: options.devices,
  typicalMinutes: options['typical-minutes'],
  idleSeconds: options['idle-seconds'],
});

// The parent forwards SIGTERM; Ctrl-C in a terminal arrives here too.
process.once('SIGINT', () => process.exit(130));

const nicwatch = nicwatchCommand(options, {
  devices: vethDevices,
  stateDirectory: temporaryDirectory(),
});
const nodeExporter = nodeExporterCommand(vethDevices);
const wholeNodeExporter = wholeNodeExporterCommand(vethDevices);
const measurements: Measurement[] = [];
let present = 0;

if (efforts.typical !== undefined) {
  await measure([nicwatch, nodeExporter, wholeNodeExporter], {
    devices: typicalDevices,
    effort: efforts.typical,
  });
}
console.error('measuring the kernel log');
const kernelLog = await measureKernelLog(nicwatch, efforts.kernelLog);
for (const devices of efforts.deviceCounts) {
  await measure([nicwatch, nodeExporter], { devices, effort: efforts.perDeviceCount });
}

const result = {
  measuredAt: new Date(),
  connection,
  isRehearsal: options.quick,
  kernel: release(),
  processors: cpus().map(({ model }) => model),
  measurements,
  kernelLog,
  budgets: judgeBudgets(measurements, kernelLog),
};
console.log(formatReport(result));
mkdirSync(dirname(options.json), { recursive: true });
writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
console.log(`\nwritten to ${options.json}`);

/** Measures exporters with a number of devices, creating the missing ones. */
async function measure(
  commands: readonly ExporterCommand[],
  { devices, effort }: { readonly devices: number; readonly effort: Effort },
): Promise<void> {
  console.error(`measuring ${devices} devices`);
  addVethDevices(present, devices);
  present = devices;
  await setTimeout(effort.settleMilliseconds);
  measurements.push(...(await measureExporters(commands, { devices, effort, connection })));
}
