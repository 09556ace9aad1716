import type { Logger } from 'pino';

import type { Config } from '../config/config.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { Device, DriverInfo, Feature, PacketCounters, Statistics } from '../model/device.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { ParseError, SourceError } from '../model/errors.ts';
import type { Metric, MetricFamily, Sample } from '../metrics/metric.ts';

/** Reads of a device; values of the label `read`. */
export type DeviceRead = 'driver_info' | 'statistics' | 'features' | 'rings' | 'sysfs';

/** What is read, of a device or of the host. */
export interface ReadSubject {
  /** Undefined for the host. */
  readonly device: Device | undefined;
  readonly read: DeviceRead | 'procfs' | KernelLogSource | 'state';
}

/** The outcome of a read. */
export interface ReadOutcome extends ReadSubject {
  /** Undefined on success, and if the value is absent or unsupported. */
  readonly error: SourceError | ParseError | undefined;
}

/**
 * A watched device in a poll. Reads that may wait for its driver are done before collectors run, except `txRingSize()`. Every method may throw the
 * SourceError of its read.
 */
export interface WatchedDevice
  extends Device, Pick<NetworkDevice, 'attribute' | 'attributeNames' | 'txRingSize'> {
  packetCounters(): PacketCounters;
  driverInfo(): DriverInfo;
  /** The last driver information: a device that is stuck in its driver keeps its identity. */
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
}

/** One poll: its devices, and a way to read them that isolates failures. */
export interface Poll {
  /** The watched devices, in sysfs order. @throws {SourceError} when they cannot be listed. */
  readonly devices: readonly WatchedDevice[];
  readonly nowSeconds: number;
  /**
   * Returns the result of a read, or undefined if it failed: a failure omits only its own samples, is exported as a metric and
   * logged. An absent or unsupported value is not a failure. Other errors than SourceError and ParseError are thrown.
   */
  attempt<Value>(subject: ReadSubject, read: () => Value): Value | undefined;
  /** The same for an asynchronous read. */
  attemptLater<Value>(subject: ReadSubject, read: () => Promise<Value>): Promise<Value | undefined>;
  /** Reads a file below `/proc` or `/sys`, within the deadline of the poll. @throws {SourceError} as {@link Host.readFile}. */
  readFile(path: string): Promise<string>;
  /** The current or else the last driver information; undefined until the driver has answered once. */
  driverInfo(device: WatchedDevice): DriverInfo | undefined;
  /** Records the outcome of a read made elsewhere. */
  report(outcome: ReadOutcome): void;
  /** Marks the collector as failed; its families are still exported. */
  fail(error: SourceError): void;
}

interface CollectorContext {
  readonly host: Host;
  readonly config: Config;
  readonly log: Pick<Logger, 'warn'>;
}

/** Turns one part of the host into metric families. */
export interface Collector {
  /** The reads of a device to make before it collects; none by default. The driver information is already read. */
  needs?(device: WatchedDevice): readonly ('statistics' | 'features')[];
  /** An error omits all families of the collector; use {@link Poll.attempt} for the reads of one device. */
  collect(poll: Poll): readonly MetricFamily[] | Promise<readonly MetricFamily[]>;
  /** The last events in the kernel log, newest first. */
  recentEvents?(): readonly LoggedEvent[];
  /**
   * Runs background work until `signal` is aborted.
   *
   * @param changed called when the next poll will return other values than the last
   */
  run?(signal: AbortSignal, changed: () => void): Promise<void>;
}

/** A collector, as listed in index.ts. */
export interface CollectorDefinition {
  readonly name: string;
  /** What it exports, for `--help`. */
  readonly description: string;
  /** Whether it is disabled by default. */
  readonly isOptIn?: boolean;
  /** All metrics it may export, for the documentation. */
  readonly metrics: readonly Metric[];
  readonly create: (context: CollectorContext) => Collector;
}

/** One sample per device that has the value. */
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
