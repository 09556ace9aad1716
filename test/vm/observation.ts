/** What one kind of event looked like on one driver. Seconds are from the first hang record; undefined where it did not happen. */
export interface HangObservation {
  readonly driver: string;
  /** For how long the transmitter was left alone. */
  readonly watchedSeconds: number;
  readonly record: string;
  readonly everySeconds: number | undefined;
  readonly watchdogSeconds: number | undefined;
  readonly resetSeconds: number | undefined;
  readonly activeSeconds: number | undefined;
  readonly stalledSeconds: number | undefined;
}

/** How many of ten frames with a wrong checksum were counted. */
export interface ChecksumObservation {
  readonly driver: string;
  readonly kind: string;
  readonly card: number;
  readonly stack: number;
}

/** When an alert fired, in seconds from the first hang record. */
interface AlertObservation {
  readonly alert: string;
  readonly seconds: number;
}

/** What was seen with one kernel. */
export interface Observations {
  readonly kernel: string;
  /** Versions of the Debian packages. */
  readonly kernelVersion: string;
  readonly qemuVersion: string;
  readonly hangs: HangObservation[];
  readonly checksums: ChecksumObservation[];
  readonly alerts: AlertObservation[];
}

/** None yet. */
export function noObservations(
  versions: Pick<Observations, 'kernel' | 'kernelVersion' | 'qemuVersion'>,
): Observations {
  return { ...versions, hangs: [], checksums: [], alerts: [] };
}
