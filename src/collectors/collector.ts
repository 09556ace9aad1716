import type { Logger } from 'pino';

import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { LoggedEvent } from '../model/kernel-event.ts';
import type { KernelLogSource } from '../model/kernel-record.ts';
import type { ParseError, SourceError } from '../model/errors.ts';
import type { Metric, MetricFamily } from '../metrics/metric.ts';

/** What can be read of a device; values of the label `read`. */
export type DeviceRead = 'driver_info' | 'statistics' | 'features' | 'rings' | 'sysfs';

/** How reading something of a device, or of the host, went. */
export interface ReadOutcome {
  /** Undefined for what is the host's and no device's. */
  readonly device: string | undefined;
  readonly read: DeviceRead | 'procfs' | KernelLogSource | 'state';
  /** Undefined when it went well, or when there was nothing to be had and the source said so. */
  readonly error: SourceError | ParseError | undefined;
}

export interface CollectorContext {
  readonly host: Host;
  readonly config: Config;
  /** Told of every read, so that what is lost shows as a metric and in the log. */
  readonly report: (outcome: ReadOutcome) => void;
  readonly log: Pick<Logger, 'warn'>;
}

/** Turns one part of the host into metric families. State, where there is any, lives in the closure that made it. */
export interface Collector {
  /** A failure here costs all families of the collector; what fails for one device is reported instead. */
  collect(): Promise<readonly MetricFamily[]>;
  /** What the kernel logged last, the newest first. */
  recentEvents?(): readonly LoggedEvent[];
  /** Work that goes on between polls, until `signal` is aborted. Calls `changed` when collecting would give other values. */
  run?(signal: AbortSignal, changed: () => void): Promise<void>;
}

/** A collector as the list in index.ts names it. */
export interface CollectorDefinition {
  readonly name: string;
  /** For `--help`: what the collector exports. */
  readonly description: string;
  /** Everything it may export, for the documentation. */
  readonly metrics: readonly Metric[];
  readonly create: (context: CollectorContext) => Collector;
}
