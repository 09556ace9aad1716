import type { Snapshot } from '../agent/snapshot.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import type { AgentStatus, DeviceStatus, EventCountStatus, Status } from '../model/status.ts';
import { wireSources } from './wire-sources.ts';
import { createSampleReader } from './sample-reader.ts';
import type { SampleReader } from './sample-reader.ts';

/** Counters of a device the page shows; where a driver has no such thing there is no sample. */
const counterNames = [
  'rx_packets',
  'tx_packets',
  'carrier_changes',
  'rx_csum_errors',
  'rx_crc_errors',
  'rx_missed',
  'rx_no_buffer',
  'tx_timeouts',
  'driver_tx_timeouts',
  'driver_resets',
] as const;

interface StatusOptions {
  readonly hostname: string;
  /** Those the collector knows, for their texts. */
  readonly knownIssues: readonly KnownIssue[];
}

/** Tells the status from what the agent has collected; nothing is read anew. */
export function statusOf(
  { timestampSeconds, collected, agent, administrativelyDown, recentEvents }: Snapshot,
  { hostname, knownIssues }: StatusOptions,
): Status {
  const samples = createSampleReader([...[...collected.values()].flat(), ...agent]);
  const bootTimestampSeconds = samples.value('nic_boot_timestamp_seconds', {});
  const adminUp = ({ name, linkUp }: DeviceStatus): boolean | undefined =>
    linkUp === undefined ? undefined : linkUp || !administrativelyDown.has(name);
  return {
    hostname,
    timestampSeconds,
    ...optional('bootTimestampSeconds', bootTimestampSeconds),
    devices: samples
      .all('nic_device_info')
      .map(({ labels }) => deviceStatus(labels, samples, knownIssues))
      .map((device) => ({ ...device, ...optional('adminUp', adminUp(device)) })),
    kernelEvents: eventCounts(samples, 'nic_kernel_events_total').filter(({ count }) => count > 0),
    recentKernelEvents: recentEvents,
    previousBootKernelEvents: eventCounts(samples, 'nic_previous_boot_kernel_events'),
    stackCsumErrors: Object.fromEntries(
      samples
        .all('nic_stack_csum_errors_total')
        .map(({ labels, value }) => [labels['protocol'] ?? '', value]),
    ),
    ...optional('wireSources', collected.has('wire') ? wireSources(samples) : undefined),
    agent: agentStatus(samples),
  };
}

function deviceStatus(
  info: Readonly<Record<string, string>>,
  samples: SampleReader,
  knownIssues: readonly KnownIssue[],
): DeviceStatus {
  const { device = '' } = info;
  const flag = (name: string): boolean | undefined => {
    const value = samples.value(name, { device });
    return value === undefined ? undefined : value === 1;
  };
  return {
    name: device,
    kind: info['kind'] ?? '',
    driver: info['driver'] ?? '',
    driverVersion: info['driver_version'] ?? '',
    firmwareVersion: info['firmware_version'] ?? '',
    busAddress: info['bus_address'] ?? '',
    pciId: info['pci_id'] ?? '',
    ...optional('linkUp', flag('nic_link_up')),
    ...optional('speedBitsPerSecond', samples.value('nic_link_speed_bits_per_second', { device })),
    ...optional('hangActive', flag('nic_hang_active')),
    ...optional('txStalled', flag('nic_tx_stalled')),
    counters: Object.fromEntries(
      counterNames.flatMap((name) => {
        const value = samples.value(`nic_${name}_total`, { device });
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    offloads: samples.of('nic_offload_enabled', device).map(({ labels, value }) => {
      const feature = labels['feature'] ?? '';
      const requested = samples.value('nic_offload_requested', { device, feature });
      return {
        feature,
        enabled: value === 1,
        fixed: labels['fixed'] === 'true',
        ...optional('requested', requested === undefined ? undefined : requested === 1),
      };
    }),
    knownIssues: samples.of('nic_known_issue', device).map(({ labels, value }) => {
      const issue = knownIssues.find(({ id }) => id === labels['issue']);
      return {
        id: labels['issue'] ?? '',
        severity: labels['severity'] ?? '',
        exposed: value === 1,
        ...optional('symptom', issue?.symptom),
        ...optional('mitigation', issue?.mitigation.replaceAll('DEVICE', shellWord(device))),
        sources: issue?.sources ?? [],
      };
    }),
  };
}

/** A name as it can be pasted into a shell: it may hold anything but a slash. */
function shellWord(name: string): string {
  return /^[\w.:@-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;
}

function eventCounts(samples: SampleReader, name: string): readonly EventCountStatus[] {
  return samples.all(name).map(({ labels, value }) => {
    const { device = '', driver = '', event = '' } = labels;
    const last = samples.value('nic_kernel_event_last_timestamp_seconds', {
      device,
      driver,
      event,
    });
    return { device, driver, event, count: value, ...optional('lastTimestampSeconds', last) };
  });
}

function agentStatus(samples: SampleReader): AgentStatus {
  const [build] = samples.all('nicwatch_build_info');
  const statePersistent = samples.value('nicwatch_state_persistent', {});
  return {
    version: build?.labels['version'] ?? '',
    revision: build?.labels['revision'] ?? '',
    nodeVersion: build?.labels['node_version'] ?? '',
    ethtoolReader: build?.labels['ethtool_reader'] ?? '',
    ...optional(
      'statePersistent',
      statePersistent === undefined ? undefined : statePersistent === 1,
    ),
    collectors: samples.all('nicwatch_collector_success').map(({ labels, value }) => {
      const { collector = '' } = labels;
      const last = samples.value('nicwatch_collector_last_success_timestamp_seconds', {
        collector,
      });
      return {
        name: collector,
        success: value === 1,
        ...optional('lastSuccessTimestampSeconds', last),
      };
    }),
    failedReads: samples
      .all('nicwatch_device_read_success')
      .filter(({ value }) => value === 0)
      .map(({ labels: { device = '', read = '' } }) => ({
        device,
        read,
        stuck: samples.value('nicwatch_device_read_stuck', { device, read }) === 1,
      })),
    kernelLog: samples.all('nicwatch_kernel_log_up').map(({ labels, value }) => {
      const { source = '' } = labels;
      return {
        source,
        up: value === 1,
        records: samples.value('nicwatch_kernel_log_records_total', { source }) ?? 0,
        lost: samples.value('nicwatch_kernel_log_lost_total', { source }) ?? 0,
      };
    }),
  };
}

/** A field that is there, or no field. */
function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  const fields: Partial<Record<Name, Value>> = {};
  if (value !== undefined) {
    fields[name] = value;
  }
  return fields;
}
