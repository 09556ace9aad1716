import { quantile } from './measure.ts';
import { openFiles, residentBytes } from './process-usage.ts';

/** Detects leaks of memory and descriptors in a process that repeats an operation. */
export interface Steadiness {
  /** Call it after each operation, with their count. Prints a line for each tenth. */
  done(count: number): void;
  /** What has grown; empty if the process is steady. */
  problems(): readonly string[];
}

interface Tenth {
  readonly residentBytes: number;
  readonly openFiles: number;
}

const samplesPerTenth = 20;
const maxGrowth = 1.1;

export interface SteadinessOptions {
  /** Number of operations. */
  readonly total: number;
  /** Number of tenths, after the first as warm-up, with which the later ones are compared. */
  readonly comparedTenths: number;
}

/** Watches a process for `total` operations. */
export function createSteadiness(
  pid: number,
  { total, comparedTenths }: SteadinessOptions,
): Steadiness {
  const tenths: Tenth[] = [];
  let samples: Tenth[] = [];
  return {
    done: (count) => {
      if (count % Math.ceil(total / 10 / samplesPerTenth) === 0) {
        samples.push({ residentBytes: residentBytes(pid), openFiles: openFiles(pid) });
      }
      if (count % (total / 10) === 0) {
        const tenth = {
          residentBytes: quantile(
            samples.map((sample) => sample.residentBytes),
            0.5,
          ),
          openFiles: quantile(
            samples.map((sample) => sample.openFiles),
            0.5,
          ),
        };
        samples = [];
        tenths.push(tenth);
        console.log(
          `${String(count).padStart(7)} of ${total}: ${mebibytes(tenth.residentBytes)} MiB resident, ${tenth.openFiles} file descriptors`,
        );
      }
    },
    problems: () => {
      if (tenths.length < 10) {
        return ['ended early'];
      }
      const maxima = (read: (tenth: Tenth) => number): readonly [before: number, after: number] => [
        Math.max(...tenths.slice(1, 1 + comparedTenths).map(read)),
        Math.max(...tenths.slice(1 + comparedTenths).map(read)),
      ];
      const [bytesBefore, bytesAfter] = maxima((tenth) => tenth.residentBytes);
      const [filesBefore, filesAfter] = maxima((tenth) => tenth.openFiles);
      return [
        bytesAfter > bytesBefore * maxGrowth
          ? `resident memory grew from ${mebibytes(bytesBefore)} to ${mebibytes(bytesAfter)} MiB`
          : [],
        filesAfter > filesBefore
          ? `file descriptors went from ${filesBefore} to ${filesAfter}`
          : [],
      ].flat();
    },
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
