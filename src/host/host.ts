import type { Device, DriverInfo, Feature, PacketCounters, Statistics } from '../model/device.ts';
import type { JournalRecord, KernelLogBatch, KernelLogSource } from '../model/kernel-record.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import type { NetworkConfig } from './network-config.ts';

/** The interface to the machine, real or recorded. Every method but `now` may throw a SourceError. */
export interface Host {
  /** The network devices of this network namespace, in sysfs order. A device has the same handle for as long as it exists. */
  devices(): readonly NetworkDevice[];
  /**
   * Packets of all devices at once, by device; a device that is not among them is asked itself. One driver that does not
   * answer holds up all of it. Undefined where the kernel has no such table of these devices.
   */
  packetCounters(): Promise<ReadonlyMap<NetworkDevice, PacketCounters> | undefined>;
  /**
   * Reads a file below `/proc` or `/sys`, wherever these are mounted.
   *
   * @throws {SourceError} `absent`, `unsupported` (the file has no value in this state), `denied`, `failed`.
   */
  readFile(path: string): Promise<string>;
  /**
   * Reads a file of `/proc/net` that the kernel answers from memory, as the agent or another process sees it.
   *
   * @throws {SourceError} as {@link Host.readFile}.
   */
  readProcNet(name: 'snmp' | 'snmp6' | 'netstat', pid?: number): string;
  /**
   * The network namespace of each process, but for those in the agent's own; read one by one as they are asked for.
   *
   * @throws {SourceError} `denied` where the processes of the host cannot be seen.
   */
  processNamespaces(): Iterable<ProcessNamespace>;
  /** How drivers are asked. */
  readonly ethtoolReader: 'ioctl' | 'command';
  /**
   * The kernel log from its oldest record on, then every record as it is written, in batches: the first that has
   * caught up comes even when it is empty. Ends when the signal is aborted.
   *
   * @throws {SourceError} when the log cannot be opened, or is taken away.
   */
  kernelLog(source: KernelLogSource, options: KernelLogOptions): AsyncIterable<KernelLogBatch>;
  /**
   * The kernel log of the boot before this one, from the journal. Ends early when the signal is aborted.
   *
   * @throws {SourceError} when there is no journal, or it knows no such boot.
   */
  previousBootLog(signal: AbortSignal): AsyncIterable<readonly JournalRecord[]>;
  /** This node's addresses, by the device that has them. Those of devices that are down may be missing. */
  addresses(): readonly DeviceAddress[];
  /**
   * Opens a socket that samples the packets in tunnels a device receives; undefined without the native module.
   *
   * @throws {SourceError} `denied` without CAP_NET_RAW, `failed`.
   */
  readonly openPacketSocket:
    | ((interfaceIndex: number, filter: TunnelFilterOptions) => PacketSocket)
    | undefined;
  /**
   * Reads the configuration of the host's network; where nothing has changed since, gives what was read before. What
   * cannot be read is told, and no error.
   */
  networkConfig(previous: NetworkConfig | undefined): Promise<NetworkConfig>;
  /** Reads a file below the host's root. @throws {SourceError} as {@link Host.readFile}, `failed` for one above 8 MiB. */
  readRootFile(path: string): Promise<string>;
  /** What the agent keeps across restarts. */
  readonly state: StateFile;
  /** What it keeps of offload features, across boots. */
  readonly offloadState: StateFile;
  now(): Date;
}

/**
 * One network device: who it is, and its reads. It owns what is kept to read it again, and is gone with the device.
 * Its name changes when it is renamed. Every read may throw a SourceError.
 */
export interface NetworkDevice extends Device, EthtoolReads {
  /**
   * Changes when the kernel announces a change of the device: of its link, its flags, its name or its active offload
   * features. Undefined where changes are not announced.
   */
  readonly generation: number | undefined;
  /** Reads an attribute in the device's directory of sysfs that the kernel answers from memory: `flags`. */
  attribute(name: string): string;
  /** Names in a subdirectory of the device's directory of sysfs. */
  attributeNames(directory: string): readonly string[];
  /** Reads an attribute that the driver answers, or that waits for a lock a driver may hold. */
  readAttribute(name: 'carrier' | 'speed'): Promise<string>;
  /** Reads the device's own packet counters, which the driver may fetch from the hardware. */
  packetCounters(): Promise<PacketCounters>;
  /** Packets the device was given and could not send, for any reason. */
  transmitLosses(): Promise<number>;
}

/**
 * What a driver tells of its device. Two ways to ask give the same answers: the ethtool command and the kernel's ioctl.
 * Every method throws a SourceError: `absent` (no such device), `unsupported` (the driver has no such thing),
 * `denied`, `timeout`, `failed`.
 */
export interface EthtoolReads {
  driverInfo(): Promise<DriverInfo>;
  /** The same object for as long as nothing has changed. */
  statistics(): Promise<Statistics>;
  /** The same array for as long as nothing has changed. */
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
  /** Tells network namespaces apart; another may get the number of one that has ended. */
  readonly namespace: number;
}

/** A socket that samples packets. It goes on when its device is renamed, or is down for a while. */
export interface PacketSocket {
  /**
   * The next packet with its virtio header, never waiting; undefined where there is none, `down` once when the device
   * went down. It holds until the next call, of any socket.
   */
  receive(): Buffer | 'down' | 'unreadable' | undefined;
  /** Replaces the filter, and says whether that went well: if not, the one before goes on. */
  setFilter(filter: TunnelFilterOptions): boolean;
  /** How many samples found no room since this was asked last. */
  takeLost(): number;
  close(): void;
}

interface KernelLogOptions {
  readonly signal: AbortSignal;
  /** Where in the journal to go on. */
  readonly afterCursor: string | undefined;
}

/**
 * A small file that is replaced as a whole or not at all. Every method may throw a SourceError: `timeout` when the disk does
 * not answer.
 */
export interface StateFile {
  /** Makes its directory and takes it for this process alone, until it ends. Called before all else. */
  claim(): Promise<void>;
  /** Undefined where there is none yet. */
  read(): Promise<string | undefined>;
  /** When this has returned, the content survives a power failure. */
  write(content: string): Promise<void>;
  /** Puts the file out of the way under another name, for somebody to look at. */
  setAside(): Promise<void>;
}
