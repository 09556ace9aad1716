import type { DeviceRead } from '../collectors/collector.ts';
import type { Host } from '../host/host.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { SourceError } from '../model/errors.ts';
import type { Build } from '../model/build.ts';
import type { Failures } from './poll.ts';
import type { CollectorState } from './snapshot.ts';

const buildInfo = gauge({
  name: 'nicwatch_build_info',
  help: 'Which build of nicwatch runs, constant 1.',
  labels: ['version', 'revision', 'node_version', 'ethtool_reader'],
});
const collectorSuccess = gauge({
  name: 'nicwatch_collector_success',
  help: 'Whether the collector delivered its families at the last poll, and could read anything for them.',
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

interface DeviceReads {
  readonly name: string;
  readonly reads: readonly DeviceRead[];
}

export interface AgentFamiliesOptions {
  readonly build: Build;
  readonly ethtoolReader: Host['ethtoolReader'];
  readonly states: readonly CollectorState[];
  /** The devices of the last poll, and which reads of each were made. */
  readonly devices: readonly DeviceReads[];
  readonly failures: Failures;
}

/** What the agent says of itself, its collectors and its reads. */
export function agentFamilies({
  build: { version, revision, nodeVersion },
  ethtoolReader,
  states,
  devices,
  failures,
}: AgentFamiliesOptions): readonly MetricFamily[] {
  const reads = deviceReads(devices, failures);
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

/** Made of many small reads, or seldom: two series for each device pay only while one fails. */
const quietReads: readonly DeviceRead[] = ['rings', 'sysfs'];

function deviceReads(
  devices: readonly DeviceReads[],
  failures: Failures,
): readonly DeviceReadState[] {
  return devices.flatMap(({ name: device, reads }) => {
    const failed = failures.get(device);
    const quiet = failed === undefined ? [] : quietReads.filter((read) => failed.has(read));
    return [...reads, ...quiet].map((read) => {
      const error = failed?.get(read);
      return {
        device,
        read,
        failed: error !== undefined,
        stuck: error instanceof SourceError && error.reason === 'timeout',
      };
    });
  });
}
