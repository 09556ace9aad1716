import type { DeviceRead, ReadOutcome } from '../collectors/collector.ts';
import type { EthtoolReader } from '../host/host.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { SourceError } from '../model/errors.ts';
import type { Build } from '../model/build.ts';
import type { CollectorState } from './collector-state.ts';

const buildInfo = gauge({
  name: 'nicwatch_build_info',
  help: 'Which build of nicwatch runs, constant 1.',
  labels: ['version', 'revision', 'node_version', 'ethtool_reader'],
});
const collectorSuccess = gauge({
  name: 'nicwatch_collector_success',
  help: 'Whether the collector delivered its families at the last poll.',
  labels: ['collector'],
});
const collectorDuration = gauge({
  name: 'nicwatch_collector_duration_seconds',
  help: 'How long the collector took at the last poll.',
  labels: ['collector'],
});
const collectorLastSuccess = gauge({
  name: 'nicwatch_collector_last_success_timestamp_seconds',
  help: 'When the collector last delivered its families, in seconds since the epoch.',
  labels: ['collector'],
});
const readSuccess = gauge({
  name: 'nicwatch_device_read_success',
  help: 'Whether the device could be read at the last poll; reads of sysfs and of ring sizes are listed only while they fail.',
  labels: ['device', 'read'],
});
const readStuck = gauge({
  name: 'nicwatch_device_read_stuck',
  help: 'Whether a read of the device has not come back in time; it is not repeated while it is in flight.',
  labels: ['device', 'read'],
});

export const agentMetrics: readonly Metric[] = [
  buildInfo,
  collectorSuccess,
  collectorDuration,
  collectorLastSuccess,
  readSuccess,
  readStuck,
];

/** What the agent says of itself, its collectors and its reads. */
export function agentFamilies(
  { version, revision, nodeVersion }: Build,
  ethtoolReader: EthtoolReader['kind'],
  states: readonly CollectorState[],
): readonly MetricFamily[] {
  const reads = deviceReads(states.flatMap(({ outcomes }) => outcomes));
  return [
    buildInfo.family([
      {
        labels: { version, revision, node_version: nodeVersion, ethtool_reader: ethtoolReader },
        value: 1,
      },
    ]),
    collectorSuccess.family(
      states.map(({ name, error }) => ({
        labels: { collector: name },
        value: Number(error === undefined),
      })),
    ),
    collectorDuration.family(
      states.map(({ name, durationSeconds }) => ({
        labels: { collector: name },
        value: durationSeconds,
      })),
    ),
    collectorLastSuccess.family(
      states.flatMap(({ name, lastSuccessTimestampSeconds }) =>
        lastSuccessTimestampSeconds === undefined
          ? []
          : [{ labels: { collector: name }, value: lastSuccessTimestampSeconds }],
      ),
    ),
    readSuccess.family(
      reads.map(({ device, read, failed }) => ({
        labels: { device, read },
        value: Number(!failed),
      })),
    ),
    readStuck.family(
      reads.map(({ device, read, stuck }) => ({ labels: { device, read }, value: Number(stuck) })),
    ),
  ];
}

interface DeviceReadState {
  readonly device: string;
  readonly read: DeviceRead;
  readonly failed: boolean;
  readonly stuck: boolean;
}

const deviceReadNames: ReadonlySet<string> = new Set<DeviceRead>([
  'driver_info',
  'statistics',
  'features',
  'rings',
  'sysfs',
]);

function isDeviceRead(read: ReadOutcome['read']): read is DeviceRead {
  return deviceReadNames.has(read);
}

/** Made of many small reads, or seldom: two series for each device pay only while one fails. */
const quietReads: ReadonlySet<DeviceRead> = new Set(['rings', 'sysfs']);

/** One state for each device and kind of read, however many collectors made it. */
function deviceReads(outcomes: readonly ReadOutcome[]): readonly DeviceReadState[] {
  const states = new Map<string, Map<DeviceRead, DeviceReadState>>();
  for (const { device, read, error } of outcomes) {
    if (device === undefined || !isDeviceRead(read)) {
      continue;
    }
    const reads = states.get(device) ?? new Map<DeviceRead, DeviceReadState>();
    states.set(device, reads);
    const before = reads.get(read);
    if (before === undefined || error !== undefined) {
      reads.set(read, {
        device,
        read,
        failed: error !== undefined || before?.failed === true,
        stuck: isTimeout(error) || before?.stuck === true,
      });
    }
  }
  return [...states.values()].flatMap((reads) =>
    [...reads.values()].filter(({ read, failed }) => !quietReads.has(read) || failed),
  );
}

function isTimeout(error: ReadOutcome['error']): boolean {
  return error instanceof SourceError && error.reason === 'timeout';
}
