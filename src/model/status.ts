import type { LoggedEvent } from './kernel-event.ts';

/** An offload feature of a device, by the name `ethtool -k` prints. */
export interface OffloadStatus {
  readonly feature: string;
  readonly enabled: boolean;
  /** Cannot be changed. */
  readonly fixed: boolean;
  /** Present where the requested state differs from the actual one. */
  readonly requested: boolean | undefined;
}

/** A known issue of a device's driver, and whether the device is exposed to it. */
export interface KnownIssueStatus {
  readonly id: string;
  readonly severity: string;
  readonly exposed: boolean;
  readonly symptom: string | undefined;
  /** A command for this device, or other instructions. */
  readonly mitigation: string | undefined;
  readonly sources: readonly string[];
}

export interface EventCountStatus {
  readonly device: string;
  readonly driver: string;
  readonly event: string;
  readonly count: number;
  readonly lastTimestampSeconds: number | undefined;
}

/** Counters of a device, by metric name without `nic_` and `_total`. */
export type CounterName =
  | 'rx_packets'
  | 'tx_packets'
  | 'carrier_changes'
  | 'rx_csum_errors'
  | 'rx_crc_errors'
  | 'rx_missed'
  | 'rx_no_buffer'
  | 'tx_timeouts'
  | 'driver_tx_timeouts'
  | 'driver_resets';

/** One device. Unknown values are absent, never zero. */
export interface DeviceStatus {
  readonly name: string;
  readonly kind: string;
  readonly driver: string;
  readonly driverVersion: string;
  readonly firmwareVersion: string;
  readonly busAddress: string;
  /** Vendor and device ID, `8086:1572`; empty for a device that is not on PCI. */
  readonly pciId: string;
  readonly linkUp: boolean | undefined;
  /** False where the device is administratively down, which explains a missing link. */
  readonly adminUp: boolean | undefined;
  readonly speedBitsPerSecond: number | undefined;
  readonly hangActive: boolean | undefined;
  readonly txStalled: boolean | undefined;
  readonly counters: Readonly<Partial<Record<CounterName, number | undefined>>>;
  readonly offloads: readonly OffloadStatus[];
  readonly knownIssues: readonly KnownIssueStatus[];
}

/** A node that sends packets in tunnels to this one, by its address. */
export interface WireSourceStatus {
  readonly device: string;
  /** `other` is all those that are not told apart. */
  readonly address: string;
  /** Sampled packets whose checksums were verified, and those of them with a wrong one. */
  readonly checkedPackets: number;
  readonly badPackets: number;
}

/** Status of the agent itself. */
export interface AgentStatus {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
  readonly ethtoolReader: string;
  /** Whether counts survive a restart; unknown without the collector `kernel-log`. */
  readonly statePersistent: boolean | undefined;
  readonly collectors: readonly {
    readonly name: string;
    readonly success: boolean;
    readonly lastSuccessTimestampSeconds: number | undefined;
  }[];
  readonly failedReads: readonly {
    readonly device: string;
    readonly read: string;
    readonly stuck: boolean;
  }[];
  readonly kernelLog: readonly {
    readonly source: string;
    readonly up: boolean;
    readonly records: number;
    readonly lost: number;
  }[];
}

/** Status of the node, as shown at `/` and returned by `/api/v1/status`. */
export interface Status {
  readonly hostname: string;
  /** When the devices were read. */
  readonly timestampSeconds: number;
  readonly bootTimestampSeconds: number | undefined;
  readonly devices: readonly DeviceStatus[];
  /** Since boot, at least one. */
  readonly kernelEvents: readonly EventCountStatus[];
  /** The last events of each device, newest first. */
  readonly recentKernelEvents: readonly LoggedEvent[];
  readonly previousBootKernelEvents: readonly EventCountStatus[];
  readonly stackCsumErrors: Readonly<Record<string, number>>;
  /** The worst first; absent without the collector `wire`. */
  readonly wireSources: readonly WireSourceStatus[] | undefined;
  readonly agent: AgentStatus;
}
