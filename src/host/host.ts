import type { Device } from '../model/device.ts';
import type { DriverInfo } from '../model/driver-info.ts';
import type { Feature } from '../model/feature.ts';
import type { JournalRecord, KernelLogBatch, KernelLogSource } from '../model/kernel-record.ts';
import type { Statistic } from '../model/statistic.ts';

/**
 * The one door to the machine, real or recorded. Every method but `now` may throw a SourceError. What is asked of a
 * device is asked of those that `devices` gave last.
 */
export interface Host {
  /** The network devices of this network namespace, in sysfs order. */
  devices(): Promise<readonly Device[]>;
  /**
   * Reads a file below `/proc` or `/sys`, wherever these are mounted.
   *
   * @throws {SourceError} `absent`, `unsupported` (the attribute has no value in this state), `denied`, `failed`.
   */
  readFile(path: string): Promise<string>;
  /**
   * Reads an attribute in the device's directory of sysfs that never waits for a lock: a counter or a flag.
   *
   * @throws {SourceError} as {@link Host.readFile}.
   */
  readAttribute(device: string, attribute: string): string;
  /** Names in a subdirectory of the device's directory of sysfs. @throws {SourceError} as {@link Host.readFile}. */
  listAttributes(device: string, directory: string): readonly string[];
  /**
   * A number that changes when the kernel announces a change of the device: of its link, its flags, its name or its
   * active offload features. Undefined where changes are not announced.
   *
   * @throws {SourceError} `absent`.
   */
  announcedChanges(device: string): number | undefined;
  readonly ethtool: EthtoolReader;
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
  /** What the agent keeps across restarts. */
  readonly state: StateFile;
  now(): Date;
}

interface KernelLogOptions {
  readonly signal: AbortSignal;
  /** Where in the journal to go on. */
  readonly afterCursor: string | undefined;
}

/** A small file that is replaced as a whole or not at all. Every method may throw a SourceError. */
export interface StateFile {
  /** Undefined where there is none yet. */
  read(): Promise<string | undefined>;
  /** When this has returned, the content survives a power failure. */
  write(content: string): Promise<void>;
  /** Puts the file out of the way under another name, for somebody to look at. */
  setAside(): Promise<void>;
}

/**
 * What drivers tell of a device. Two ways to ask give the same answers: the ethtool command and the kernel's ioctl.
 * Every method throws a SourceError: `absent` (no such device), `unsupported` (the driver has no such thing),
 * `denied`, `timeout`, `failed`.
 */
export interface EthtoolReader {
  readonly kind: 'ioctl' | 'command';
  driverInfo(device: string): Promise<DriverInfo>;
  /** In the driver's order; names may repeat. */
  statistics(device: string): Promise<readonly Statistic[]>;
  features(device: string): Promise<readonly Feature[]>;
  /** Descriptors in each transmit ring. */
  txRingSize(device: string): Promise<number>;
}
