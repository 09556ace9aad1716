import type { LoggedEvent } from './kernel-event.ts';

/** A feature of a device, under the name `ethtool -k` prints. */
export interface OffloadStatus {
  readonly feature: string;
  readonly enabled: boolean;
  /** Cannot be changed. */
  readonly fixed: boolean;
  /** Known where something else was asked for than is. */
  readonly requested: boolean | undefined;
}

/** An issue reported of a device's driver, and whether the device is exposed to it. */
export interface KnownIssueStatus {
  readonly id: string;
  readonly severity: string;
  readonly exposed: boolean;
  readonly symptom: string | undefined;
  /** A command for this device, or what else to do. */
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

/** Counters of a device, by the names of their metrics without `nic_` and `_total`. */
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

/** One device. What is not known is absent, never zero. */
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
  /** False where somebody has set the device down, which explains that it has no link. */
  readonly adminUp: boolean | undefined;
  readonly speedBitsPerSecond: number | undefined;
  readonly hangActive: boolean | undefined;
  readonly txStalled: boolean | undefined;
  /** Those the driver has. */
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

/** How the agent itself fares. */
export interface AgentStatus {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
  readonly ethtoolReader: string;
  /** Whether what was counted survives a restart; not known without the collector `kernel-log`. */
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

/** What nicwatch knows of the machine, as `/` shows and `/api/v1/status` gives it. */
export interface Status {
  readonly hostname: string;
  /** When the devices were read. */
  readonly timestampSeconds: number;
  readonly bootTimestampSeconds: number | undefined;
  readonly devices: readonly DeviceStatus[];
  /** Since boot, at least one. */
  readonly kernelEvents: readonly EventCountStatus[];
  /** The last of each device, the newest first. */
  readonly recentKernelEvents: readonly LoggedEvent[];
  readonly previousBootKernelEvents: readonly EventCountStatus[];
  /** Packets the network stack found wrong, by protocol. */
  readonly stackCsumErrors: Readonly<Record<string, number>>;
  /** The worst first; absent without the collector `wire`. */
  readonly wireSources: readonly WireSourceStatus[] | undefined;
  readonly agent: AgentStatus;
}
