import type { Device, DriverInfo, Feature, PacketCounters, Statistics } from '../model/device.ts';
import type { JournalRecord, KernelLogBatch, KernelLogSource } from '../model/kernel-record.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import type { NetworkConfig } from './network-config.ts';

/** The interface to the machine, real or recorded. Every method but `now` may throw a SourceError. */
export interface Host {
  /** The network devices of this network namespace, in sysfs order. A device has the same handle for as long as it exists. */
  devices(): readonly NetworkDevice[];
  /**
   * Reads the packet counters of all devices at once; one stuck driver blocks the whole read. A device may be missing.
   * Undefined if the kernel has no table of these devices.
   */
  packetCounters(): Promise<ReadonlyMap<NetworkDevice, PacketCounters> | undefined>;
  /**
   * Reads a file below `/proc` or `/sys`, wherever these are mounted.
   *
   * @throws {SourceError} `absent`, `unsupported` (the file has no value in this state), `denied`, `failed`.
   */
  readFile(path: string): Promise<string>;
  /**
   * Reads a file of `/proc/net` that the kernel answers from memory, in the namespace of the agent or of a process.
   *
   * @throws {SourceError} as {@link Host.readFile}.
   */
  readProcNet(name: 'snmp' | 'snmp6' | 'netstat', pid?: number): string;
  /**
   * The network namespaces of processes outside the agent's namespace, read lazily.
   *
   * @throws {SourceError} `denied` when the processes of the host are not visible.
   */
  processNamespaces(): Iterable<ProcessNamespace>;
  /** The interface to drivers. */
  readonly ethtoolReader: 'ioctl' | 'command';
  /**
   * The kernel log from its oldest record on, then every new record, in batches; the first batch that has caught up may be
   * empty. Ends when the signal is aborted.
   *
   * @throws {SourceError} when the log cannot be opened, or disappears.
   */
  kernelLog(source: KernelLogSource, options: KernelLogOptions): AsyncIterable<KernelLogBatch>;
  /**
   * The kernel log of the previous boot, from the journal. Ends when the signal is aborted.
   *
   * @throws {SourceError} when there is no journal, or it has no previous boot.
   */
  previousBootLog(signal: AbortSignal): AsyncIterable<readonly JournalRecord[]>;
  /** The addresses of this node. Those of devices that are down may be missing. */
  addresses(): readonly DeviceAddress[];
  /**
   * Opens a socket that samples the tunnel packets a device receives; undefined without the native module.
   *
   * @throws {SourceError} `denied` without CAP_NET_RAW, `failed`.
   */
  readonly openPacketSocket:
    | ((interfaceIndex: number, filter: TunnelFilterOptions) => PacketSocket)
    | undefined;
  /**
   * Reads the network configuration of the host; returns `previous` if nothing has changed. Unreadable files are listed in
   * the result.
   */
  networkConfig(previous: NetworkConfig | undefined): Promise<NetworkConfig>;
  /** Reads a file below the host's root. @throws {SourceError} as {@link Host.readFile}, `failed` for one above 8 MiB. */
  readRootFile(path: string): Promise<string>;
  /** The state that survives a restart of the agent. */
  readonly state: StateFile;
  /** What it keeps of offload features, across boots. */
  readonly offloadState: StateFile;
  now(): Date;
}

/**
 * A network device: its identity and its reads, with caches that exist as long as the device. Its name changes when it is
 * renamed. Every read may throw a SourceError.
 */
export interface NetworkDevice extends Device, EthtoolReads {
  /**
   * Changes when the kernel announces a change of the device: of its link, its flags, its name or its active offload
   * features. Undefined if changes are not announced.
   */
  readonly generation: number | undefined;
  /** Reads an attribute in the device's directory of sysfs that the kernel answers from memory: `flags`. */
  attribute(name: string): string;
  /** Names in a subdirectory of the device's directory of sysfs. */
  attributeNames(directory: string): readonly string[];
  /** Reads an attribute that the driver answers, or that waits for a lock that a driver may hold. */
  readAttribute(name: 'carrier' | 'speed'): Promise<string>;
  /** Reads the device's own packet counters, which the driver may fetch from the hardware. */
  packetCounters(): Promise<PacketCounters>;
  /** Packets that the device failed to send, for any reason. */
  transmitLosses(): Promise<number>;
}

/**
 * The reads of a driver, with the same results from the ethtool command and from the ioctl. Every method throws a SourceError:
 * `absent` (no such device), `unsupported` (by the driver), `denied`, `timeout`, `failed`.
 */
export interface EthtoolReads {
  driverInfo(): Promise<DriverInfo>;
  /** The same object until something changes. */
  statistics(): Promise<Statistics>;
  /** The same array until something changes. */
  features(): Promise<readonly Feature[]>;
  /** Descriptors in each transmit ring. */
  txRingSize(): Promise<number>;
}

export interface DeviceAddress {
  readonly device: string;
  readonly address: string;
}

export interface ProcessNamespace {
  readonly pid: number;
  /** Number of the network namespace; reused after it ends. */
  readonly namespace: number;
}

/** A socket that samples packets. It survives a rename of its device, and the device being down. */
export interface PacketSocket {
  /**
   * Returns the next packet with its virtio header, without waiting; undefined if there is none, `down` once when the device
   * went down. The buffer is valid until the next call on any socket.
   */
  receive(): Buffer | 'down' | 'unreadable' | undefined;
  /** Replaces the filter; false if that failed and the previous filter remains. */
  setFilter(filter: TunnelFilterOptions): boolean;
  /** Returns the number of samples dropped since the last call, because the queue was full. */
  takeLost(): number;
  close(): void;
}

interface KernelLogOptions {
  readonly signal: AbortSignal;
  /** Where in the journal to continue. */
  readonly afterCursor: string | undefined;
}

/**
 * A small file that is written atomically. Every method may throw a SourceError: `timeout` when the disk does not answer.
 */
export interface StateFile {
  /** Creates and locks its directory until this process ends. Must be called first. */
  claim(): Promise<void>;
  /** Undefined if there is none yet. */
  read(): Promise<string | undefined>;
  /** Once it resolves, the content survives a power failure. */
  write(content: string): Promise<void>;
  /** Renames the file, for inspection. */
  setAside(): Promise<void>;
}
