import type { Logger } from 'pino';

import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { Device, DriverInfo, Feature, PacketCounters, Statistics } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { ParseError, SourceError } from '../model/errors.ts';
import type { Metric, MetricFamily, Sample } from '../metrics/metric.ts';

/** What can be read of a device; values of the label `read`. */
export type DeviceRead = 'driver_info' | 'statistics' | 'features' | 'rings' | 'sysfs';

/** What is read: one thing of one device, or of the host. */
export interface ReadSubject {
  /** Undefined for what is the host's and no device's. */
  readonly device: Device | undefined;
  readonly read: DeviceRead | 'procfs' | KernelLogSource | 'state';
}

/** How reading something went. */
export interface ReadOutcome extends ReadSubject {
  /** Undefined when it went well, or when there was nothing to be had and the source said so. */
  readonly error: SourceError | ParseError | undefined;
}

/** What is read of a device only where a collector needs it. */
type OnDemandRead = 'statistics' | 'features';

/**
 * A watched device in a poll. What may wait for its driver has been read when collectors run; what went wrong is thrown
 * when it is asked for, as a SourceError.
 */
export interface WatchedDevice extends Device {
  /** Reads an attribute in its directory of sysfs that the kernel answers from memory: `flags`. */
  attribute(name: string): string;
  /** Names in a subdirectory of its directory of sysfs. */
  attributeNames(directory: string): readonly string[];
  packetCounters(): PacketCounters;
  driverInfo(): DriverInfo;
  /** What its driver last said of itself: a device stuck in its driver keeps its identity. */
  lastDriverInfo(): DriverInfo | undefined;
  /** For collectors that need `statistics`. */
  statistics(): Statistics;
  /** For collectors that need `features`. */
  features(): readonly Feature[];
  /** The attribute `carrier_changes`. */
  carrierChanges(): string;
  /** The attribute `carrier`. */
  carrier(): string;
  /** The attribute `speed`. */
  speed(): string;
  /** Descriptors in each transmit ring; needed so seldom that it is read when it is asked for. */
  txRingSize(): Promise<number>;
}

/** One poll: its devices, and a way to read them that isolates failures. */
export interface Poll {
  /** The watched devices, in sysfs order. @throws {SourceError} when they cannot be listed. */
  readonly devices: readonly WatchedDevice[];
  readonly nowSeconds: number;
  /**
   * Reads one thing, and gives undefined where it cannot be had: the failure costs its own samples, and shows as a metric
   * and in the log. What is absent or unsupported is no failure. Anything but a failed source or a bad text is a mistake
   * in nicwatch and is passed on.
   */
  attempt<Value>(subject: ReadSubject, read: () => Value): Value | undefined;
  /** The same for what has to be waited for. */
  attemptLater<Value>(subject: ReadSubject, read: () => Promise<Value>): Promise<Value | undefined>;
  /** Reads a file below `/proc` or `/sys`, within the time of a poll. @throws {SourceError} as {@link Host.readFile}. */
  readFile(path: string): Promise<string>;
  /** Who a device's driver says it is, or said last; undefined while it has never answered. */
  driverInfo(device: WatchedDevice): DriverInfo | undefined;
  /** Records how a read went that was made elsewhere. */
  report(outcome: ReadOutcome): void;
  /** Says why the collector has nothing to read. It has failed then, and its families are shown all the same. */
  fail(error: SourceError): void;
}

interface CollectorContext {
  readonly host: Host;
  readonly config: Config;
  readonly log: Pick<Logger, 'warn'>;
}

/** Turns one part of the host into metric families. State, where there is any, lives in the closure that made it. */
export interface Collector {
  /** What is to be read of a device before it collects; nothing by default. Its driver has been asked who it is. */
  needs?(device: WatchedDevice): readonly OnDemandRead[];
  /** A failure here costs all families of the collector; what fails for one device is reported instead. */
  collect(poll: Poll): readonly MetricFamily[] | Promise<readonly MetricFamily[]>;
  /** What the kernel logged last, the newest first. */
  recentEvents?(): readonly LoggedEvent[];
  /**
   * Work that goes on between polls, until `signal` is aborted.
   *
   * @param changed called when the next poll will give other values than the last
   */
  run?(signal: AbortSignal, changed: () => void): Promise<void>;
}

/** A collector as the list in index.ts names it. */
export interface CollectorDefinition {
  readonly name: string;
  /** For `--help`: what the collector exports. */
  readonly description: string;
  /** Whether it runs only where it is asked for; by default it runs. */
  readonly isOptIn?: boolean;
  /** Everything it may export, for the documentation. */
  readonly metrics: readonly Metric[];
  readonly create: (context: CollectorContext) => Collector;
}

/** One sample a device, for the devices that have the value. */
export function deviceSamples<Reading extends { readonly device: Device }>(
  readings: readonly Reading[],
  value: (reading: Reading) => number | undefined,
): readonly Sample<'device'>[] {
  const samples: Sample<'device'>[] = [];
  readings.forEach((reading) => {
    const number = value(reading);
    if (number !== undefined) {
      samples.push({ labels: { device: reading.device.name }, value: number });
    }
  });
  return samples;
}
