import { buildInfo, collectorLastSuccess, collectorSuccess } from '../agent/agent-families.ts';
import { readStuck, readSuccess } from '../agent/read-families.ts';
import type { Snapshot } from '../agent/snapshot.ts';
import { bootTimestamp } from '../collectors/boot.ts';
import {
  carrierChangesMetric,
  deviceInfoMetric,
  linkSpeedMetric,
  linkUpMetric,
  rxPacketsMetric,
  txPacketsMetric,
} from '../collectors/device.ts';
import { counterMetrics } from '../collectors/ethtool.ts';
import { hangActive } from '../collectors/hang.ts';
import {
  kernelEvents,
  lastTimestamp,
  logLost,
  logRecords,
  logUp,
  previousBootEvents,
  statePersistent,
} from '../collectors/kernel-log.ts';
import { knownIssue } from '../collectors/known-issue.ts';
import { offloadEnabled, offloadRequested } from '../collectors/offload.ts';
import { stackCsumErrors } from '../collectors/stack.ts';
import { txStalled } from '../collectors/tx-stall.ts';
import { txTimeouts } from '../collectors/tx-timeout.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import type {
  AgentStatus,
  CounterName,
  DeviceStatus,
  EventCountStatus,
  Status,
} from '../model/status.ts';
import { byDevice, samplesOf, valueOf } from './samples.ts';
import { wireSources } from './wire-sources.ts';

/** Counters of a device shown on the page; no sample where the driver does not report one. */
const shownCounters: Readonly<Record<CounterName, Metric<'device'>>> = {
  rx_packets: rxPacketsMetric,
  tx_packets: txPacketsMetric,
  carrier_changes: carrierChangesMetric,
  rx_csum_errors: counterMetrics.rx_csum_errors,
  rx_crc_errors: counterMetrics.rx_crc_errors,
  rx_missed: counterMetrics.rx_missed,
  rx_no_buffer: counterMetrics.rx_no_buffer,
  tx_timeouts: txTimeouts,
  driver_tx_timeouts: counterMetrics.tx_timeouts,
  driver_resets: counterMetrics.resets,
};

interface StatusOptions {
  readonly hostname: string;
  /** Known issues of the collector, for their texts. */
  readonly knownIssues: readonly KnownIssue[];
}

/** Builds the status from the families of a snapshot, without reading anything. */
export function statusOf(
  { timestampSeconds, collected, agent, administrativelyDown, recentEvents }: Snapshot,
  { hostname, knownIssues }: StatusOptions,
): Status {
  const families = [...[...collected.values()].flat(), ...agent];
  return {
    hostname,
    timestampSeconds,
    bootTimestampSeconds: samplesOf(families, bootTimestamp)[0]?.value,
    devices: deviceStatuses(families, { knownIssues, administrativelyDown }),
    kernelEvents: eventCounts(families, kernelEvents).filter(({ count }) => count > 0),
    recentKernelEvents: recentEvents,
    previousBootKernelEvents: eventCounts(families, previousBootEvents),
    stackCsumErrors: Object.fromEntries(
      samplesOf(families, stackCsumErrors).map(({ labels, value }) => [labels.protocol, value]),
    ),
    wireSources: collected.has('wire') ? wireSources(families) : undefined,
    agent: agentStatus(families),
  };
}

interface DeviceOptions
  extends Pick<StatusOptions, 'knownIssues'>, Pick<Snapshot, 'administrativelyDown'> {}

function deviceStatuses(
  families: readonly MetricFamily[],
  { knownIssues, administrativelyDown }: DeviceOptions,
): readonly DeviceStatus[] {
  const values = (metric: Metric<'device'>) => {
    const samples = byDevice(samplesOf(families, metric));
    return (device: string) => samples.get(device)?.[0]?.value;
  };
  const counters = Object.entries(shownCounters).map(
    ([name, metric]) => [name, values(metric)] as const,
  );
  const linkUp = values(linkUpMetric);
  const linkSpeed = values(linkSpeedMetric);
  const hanging = values(hangActive);
  const stalled = values(txStalled);
  const enabled = byDevice(samplesOf(families, offloadEnabled));
  const requested = byDevice(samplesOf(families, offloadRequested));
  const issues = byDevice(samplesOf(families, knownIssue));
  return samplesOf(families, deviceInfoMetric).map(({ labels: info }) => {
    const { device } = info;
    const hasLink = flag(linkUp(device));
    return {
      name: device,
      kind: info.kind,
      driver: info.driver,
      driverVersion: info.driver_version,
      firmwareVersion: info.firmware_version,
      busAddress: info.bus_address,
      pciId: info.pci_id,
      linkUp: hasLink,
      speedBitsPerSecond: bitsOf(linkSpeed(device)),
      hangActive: flag(hanging(device)),
      txStalled: flag(stalled(device)),
      counters: Object.fromEntries(counters.map(([name, valueIn]) => [name, valueIn(device)])),
      offloads: (enabled.get(device) ?? []).map(({ labels: { feature, fixed }, value }) => ({
        feature,
        enabled: value === 1,
        fixed: fixed === 'true',
        requested: flag(valueOf(requested.get(device) ?? [], { device, feature })),
      })),
      knownIssues: (issues.get(device) ?? []).map(({ labels: { issue: id, severity }, value }) => {
        const issue = knownIssues.find((known) => known.id === id);
        return {
          id,
          severity,
          exposed: value === 1,
          symptom: issue?.symptom,
          mitigation: issue?.mitigation.replaceAll('DEVICE', () => shellWord(device)),
          sources: issue?.sources ?? [],
        };
      }),
      adminUp: hasLink === false ? !administrativelyDown.has(device) : hasLink,
    };
  });
}

/** Quotes a device name for a shell: it may contain anything but a slash. */
function shellWord(name: string): string {
  return /^[\w.:@-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;
}

function eventCounts(
  families: readonly MetricFamily[],
  metric: typeof kernelEvents,
): readonly EventCountStatus[] {
  const last = byDevice(samplesOf(families, lastTimestamp));
  return samplesOf(families, metric).map(({ labels, value: count }) => ({
    device: labels.device,
    driver: labels.driver,
    event: labels.event,
    count,
    lastTimestampSeconds: valueOf(last.get(labels.device) ?? [], labels),
  }));
}

function agentStatus(families: readonly MetricFamily[]): AgentStatus {
  const [build] = samplesOf(families, buildInfo);
  const lastSuccess = samplesOf(families, collectorLastSuccess);
  const stuck = byDevice(samplesOf(families, readStuck));
  const records = samplesOf(families, logRecords);
  const lost = samplesOf(families, logLost);
  return {
    version: build?.labels.version ?? '',
    revision: build?.labels.revision ?? '',
    nodeVersion: build?.labels.node_version ?? '',
    ethtoolReader: build?.labels.ethtool_reader ?? '',
    statePersistent: flag(samplesOf(families, statePersistent)[0]?.value),
    collectors: samplesOf(families, collectorSuccess).map(({ labels, value }) => ({
      name: labels.collector,
      success: value === 1,
      lastSuccessTimestampSeconds: valueOf(lastSuccess, labels),
    })),
    failedReads: samplesOf(families, readSuccess)
      .filter(({ value }) => value === 0)
      .map(({ labels }) => ({
        device: labels.device,
        read: labels.read,
        stuck: valueOf(stuck.get(labels.device) ?? [], labels) === 1,
      })),
    kernelLog: samplesOf(families, logUp).map(({ labels, value }) => ({
      source: labels.source,
      up: value === 1,
      records: valueOf(records, labels) ?? 0,
      lost: valueOf(lost, labels) ?? 0,
    })),
  };
}

function bitsOf(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes * 8;
}

function flag(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 1;
}
