import { fresh } from './effort.ts';
import type { Effort } from './effort.ts';
import { startExporter } from './exporter.ts';
import type { Exporter, ExporterCommand } from './exporter.ts';
import { measureInTurns, quantile } from './measure.ts';
import type { Cost, Measurement } from './measure.ts';
import { residentBytes } from './process-usage.ts';
import { scrape } from './scrape.ts';
import type { Connection } from './scrape.ts';

export interface DevicesToMeasure {
  /** Number of devices. */
  readonly devices: number;
  readonly effort: Effort;
  readonly connection: Connection;
}

/** Measures exporters on the existing devices. */
export async function measureExporters(
  commands: readonly ExporterCommand[],
  { devices, effort, connection }: DevicesToMeasure,
): Promise<readonly Measurement[]> {
  const started = await startAll(commands, effort.starts);
  const exporters = started.map(({ exporter }) => exporter);
  // Code that runs once a second takes a while to be compiled.
  await measureInTurns(exporters, { ...fresh, rounds: effort.warmUpRounds }, connection);
  const costs: Cost[] = [];
  for (const pattern of effort.patterns) {
    costs.push(...(await measureInTurns(exporters, pattern, connection)));
  }
  const resident = new Map(exporters.map(({ name, pid }) => [name, residentBytes(pid)]));
  const measured = await Promise.all(
    started.map(async ({ exporter: { name, port }, startMilliseconds }) => ({
      exporter: name,
      devices,
      startMilliseconds,
      residentBytes: resident.get(name) ?? Number.NaN,
      ...describe((await scrape(port)).body(), devices),
      costs: costs.filter(({ exporter }) => exporter === name),
    })),
  );
  await Promise.all(exporters.map(async (exporter) => exporter.stop()));
  return measured;
}

/** Starts the exporters alternately, the given number of times, and leaves the last of each running. */
async function startAll(
  commands: readonly ExporterCommand[],
  starts: number,
): Promise<readonly { readonly exporter: Exporter; readonly startMilliseconds: number }[]> {
  const times = new Map(commands.map(({ name }): [string, number[]] => [name, []]));
  for (let start = 1; ; start += 1) {
    const exporters: Exporter[] = [];
    for (const command of commands) {
      const exporter = await startExporter(command);
      times.get(command.name)?.push(exporter.startMilliseconds);
      if (start < starts) {
        await exporter.stop();
      }
      exporters.push(exporter);
    }
    if (start === starts) {
      return exporters.map((exporter) => ({
        exporter,
        startMilliseconds: quantile(times.get(exporter.name) ?? [], 0.5),
      }));
    }
  }
}

/** One real line: `nicwatch_build_info{version="0.2.0",...,node_version="v20.20.2",ethtool_reader="ioctl"} 1` */
function describe(
  body: string,
  devices: number,
): Omit<Measurement, 'exporter' | 'devices' | 'startMilliseconds' | 'residentBytes' | 'costs'> {
  const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const build = series.find((line) => /^(?:nicwatch|node_exporter)_build_info\{/.test(line)) ?? '';
  const label = (name: string): string | undefined =>
    new RegExp(`[{,]${name}="([^"]*)"`).exec(build)?.[1];
  return {
    version: label('version') ?? 'unknown',
    nodeVersion: label('node_version'),
    reader: label('ethtool_reader'),
    stuckReads: series.filter((line) => /^nicwatch_device_read_stuck\{.*\} 1$/.test(line)).length,
    bodyBytes: Buffer.byteLength(body),
    series: series.length,
    seriesPerDevice: series.filter((line) => line.includes('device="bench')).length / devices,
  };
}
