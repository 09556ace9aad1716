import type { KernelLogEffort } from './kernel-log-cost.ts';
import type { Pattern } from './measure.ts';

/** Amount of measurement for one device count. */
export interface Effort {
  /** Time for router solicitations and duplicate address detection of new devices to finish. */
  readonly settleMilliseconds: number;
  readonly starts: number;
  readonly warmUpRounds: number;
  readonly patterns: readonly Pattern[];
}

/** Amount of measurement in total. */
export interface Efforts {
  /** Undefined skips the typical node. */
  readonly typical: Effort | undefined;
  readonly kernelLog: KernelLogEffort;
  readonly deviceCounts: readonly number[];
  /** Of each of these. */
  readonly perDeviceCount: Effort;
}

/** Options of the command line. */
export interface EffortFlags {
  readonly quick: boolean;
  readonly devices: string | undefined;
  readonly typicalMinutes: string | undefined;
  readonly idleSeconds: string | undefined;
}

/** Devices of a typical node. */
export const typicalDevices = 4;

const typical: Pattern = {
  name: 'typical',
  rounds: 40,
  intervalMilliseconds: 15_000,
  maxMilliseconds: Number.POSITIVE_INFINITY,
};

/** nicwatch polls for every scrape: a snapshot is fresh for one second. */
export const fresh: Pattern = {
  name: 'fresh',
  rounds: 55,
  intervalMilliseconds: 1100,
  maxMilliseconds: 90_000,
};

/** nicwatch may answer several scrapes from one poll. */
const burst: Pattern = {
  name: 'burst',
  rounds: 300,
  intervalMilliseconds: 0,
  maxMilliseconds: 60_000,
};

const thoroughly = { settleMilliseconds: 3000, warmUpRounds: 30 };

const thorough: Efforts = {
  typical: { ...thoroughly, starts: 1, patterns: [typical] },
  kernelLog: { records: 20, settleMilliseconds: 5000, idleSeconds: 60 },
  deviceCounts: [10, 100, 1000],
  perDeviceCount: { ...thoroughly, starts: 5, patterns: [fresh, burst] },
};

const minimal = { settleMilliseconds: 500, starts: 1, warmUpRounds: 1 };

/** Scrapes of the typical node have the minimum interval at which each triggers a poll. */
const rehearsal: Efforts = {
  typical: {
    ...minimal,
    patterns: [{ ...typical, rounds: 2, intervalMilliseconds: fresh.intervalMilliseconds }],
  },
  kernelLog: { records: 2, settleMilliseconds: 500, idleSeconds: 20 },
  deviceCounts: [10],
  perDeviceCount: {
    ...minimal,
    patterns: [
      { ...fresh, rounds: 2 },
      { ...burst, rounds: 10 },
    ],
  },
};

/** @throws {Error} when a flag is not a number, or device counts do not ascend from that of the typical node. */
export function chooseEfforts(flags: EffortFlags): Efforts {
  const usual = flags.quick ? rehearsal : thorough;
  const { typicalMinutes, idleSeconds = String(usual.kernelLog.idleSeconds) } = flags;
  return {
    typical: typicalMinutes === undefined ? usual.typical : typicalFor(toNumber(typicalMinutes)),
    kernelLog: { ...usual.kernelLog, idleSeconds: toNumber(idleSeconds) },
    deviceCounts: flags.devices === undefined ? usual.deviceCounts : toCounts(flags.devices),
    perDeviceCount: usual.perDeviceCount,
  };
}

/** At the usual interval, also in a trial run. */
function typicalFor(minutes: number): Effort | undefined {
  const rounds = Math.ceil((minutes * 60_000) / typical.intervalMilliseconds);
  return rounds === 0
    ? undefined
    : { ...thoroughly, starts: 1, patterns: [{ ...typical, rounds }] };
}

function toCounts(text: string): readonly number[] {
  const counts = text.split(',').filter(Boolean).map(toNumber);
  if (counts.some((count, index) => count < (counts[index - 1] ?? typicalDevices))) {
    throw new Error(`expected ascending numbers of devices from ${typicalDevices}, got ${text}`);
  }
  return counts;
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number >= 0)) {
    throw new Error(`expected a number, got ${JSON.stringify(text)}`);
  }
  return number;
}
