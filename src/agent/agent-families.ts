import type { Host } from '../host/host.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import { readMetrics } from './read-families.ts';
import type { CollectorState } from './snapshot.ts';

export const buildInfo: Metric<'version' | 'revision' | 'node_version' | 'ethtool_reader'> = gauge({
  name: 'nicwatch_build_info',
  help: 'Which build of nicwatch runs, constant 1.',
  labels: ['version', 'revision', 'node_version', 'ethtool_reader'],
});
export const collectorSuccess: Metric<'collector'> = gauge({
  name: 'nicwatch_collector_success',
  help: 'Whether the collector succeeded at the last poll; 0 also if all its reads failed.',
  labels: ['collector'],
});
const collectorDuration = gauge({
  name: 'nicwatch_collector_duration_seconds',
  help: 'How long the collector took at the last poll.',
  labels: ['collector'],
});
export const collectorLastSuccess: Metric<'collector'> = gauge({
  name: 'nicwatch_collector_last_success_timestamp_seconds',
  help: 'When the collector last succeeded, in seconds since the epoch.',
  labels: ['collector'],
});

export const agentMetrics: readonly Metric[] = [
  buildInfo,
  collectorSuccess,
  collectorDuration,
  collectorLastSuccess,
  ...readMetrics,
];

/** The labels of `nicwatch_build_info`. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}

export interface AgentFamiliesOptions {
  readonly build: Build;
  readonly ethtoolReader: Host['ethtoolReader'];
  readonly states: readonly CollectorState[];
  /** Status of the device reads. */
  readonly reads: readonly MetricFamily[];
}

/** Metrics about the agent, its collectors and its reads. */
export function agentFamilies({
  build: { version, revision, nodeVersion },
  ethtoolReader,
  states,
  reads,
}: AgentFamiliesOptions): readonly MetricFamily[] {
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
    ...reads,
  ];
}
