import { quantile } from './measure.ts';
import { openFiles, residentBytes } from './process-usage.ts';

/** Follows what a process holds while it does the same thing again and again. */
export interface Steadiness {
  /** To be called each time the thing has been done, with how often that was. Prints a line for each tenth. */
  done(count: number): void;
  /** What grew; empty when the process is steady. */
  problems(): readonly string[];
}

interface Tenth {
  readonly residentBytes: number;
  readonly openFiles: number;
}

const samplesPerTenth = 20;
const largestGrowth = 1.1;

export interface SteadinessOptions {
  /** How often the thing will be done. */
  readonly total: number;
  /** Tenths after the first, which warms the process up, that the later ones are compared with. */
  readonly comparedTenths: number;
}

/** Watches a process that does something `total` times. */
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
        return ['ended before it was done'];
      }
      const most = (read: (tenth: Tenth) => number): readonly [before: number, after: number] => [
        Math.max(...tenths.slice(1, 1 + comparedTenths).map(read)),
        Math.max(...tenths.slice(1 + comparedTenths).map(read)),
      ];
      const [bytesBefore, bytesAfter] = most((tenth) => tenth.residentBytes);
      const [filesBefore, filesAfter] = most((tenth) => tenth.openFiles);
      return [
        bytesAfter > bytesBefore * largestGrowth
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
