import type { ProbePeer } from '../model/probe-report.ts';

/** The progress of a measurement, in one line of a terminal. */
export interface Progress {
  update(peer: ProbePeer, fraction: number): void;
  clear(): void;
}

export interface ProgressOptions {
  /** Undefined without a terminal. */
  readonly write: ((text: string) => void) | undefined;
  readonly now?: () => number;
}

const intervalMilliseconds = 200;
/** Share of the plan before the remaining time can be estimated. */
const minFraction = 0.02;

/** Shows the progress over all peers, with an estimate of the remaining time. */
export function createProgress(
  peers: readonly ProbePeer[],
  { write, now = () => performance.now() }: ProgressOptions,
): Progress {
  let began = now();
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update: (peer, fraction) => {
      const time = now();
      if (write === undefined || time - shownAt < intervalMilliseconds) {
        return;
      }
      shownAt = time;
      const index = peers.indexOf(peer);
      const done = (index + fraction) / peers.length;
      const left = done < minFraction ? undefined : ((time - began) / 1000) * ((1 - done) / done);
      write(
        `\r\u001B[K${peer.host} (${index + 1} of ${peers.length}): ${Math.floor(100 * done)} %${
          left === undefined ? '' : `, ${Math.ceil(left)} s left`
        }`,
      );
    },
    clear: () => {
      if (write !== undefined) {
        write('\r\u001B[K');
      }
      began = now();
      shownAt = Number.NEGATIVE_INFINITY;
    },
  };
}
