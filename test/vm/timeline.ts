import { setTimeout } from 'node:timers/promises';

import type { ExposedSample } from '../support/exposition.ts';
import type { Machine } from './machine.ts';

/** What the agent said, scrape after scrape. */
export interface Timeline {
  /** When a gauge of a device first had a value, after a time; undefined where it never had. */
  firstAt(
    gauge: Gauge,
    wanted: Readonly<{ device: string; value: number; after: number }>,
  ): number | undefined;
  /** Waits for that. Undefined when it takes too long. */
  waitFor(
    gauge: Gauge,
    wanted: Readonly<{ device: string; value: number; after: number }>,
    seconds: number,
  ): Promise<number | undefined>;
  /** Devices for which a gauge was 1 after a time. */
  devicesWith(gauge: Gauge, after: number): readonly string[];
  stop(): Promise<void>;
}

type Gauge = (typeof gauges)[number];

const gauges = ['nic_hang_active', 'nic_tx_stalled'] as const;
const intervalMilliseconds = 1000;

/** Scrapes the agent once a second. */
export function startTimeline(machine: Machine): Timeline {
  const moments: { readonly at: number; readonly samples: readonly ExposedSample[] }[] = [];
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      try {
        const { samples } = await machine.scrape();
        moments.push({ at: Date.now(), samples: gauges.flatMap((gauge) => samples(gauge)) });
      } catch {
        // It is being restarted.
      }
      await setTimeout(intervalMilliseconds);
    }
  })();
  const firstAt: Timeline['firstAt'] = (gauge, { device, value, after }) =>
    moments.find(
      ({ at, samples }) =>
        at > after &&
        samples.some(
          (sample) =>
            sample.name === gauge &&
            sample.labels.get('device') === device &&
            sample.value === value,
        ),
    )?.at;
  return {
    firstAt,
    waitFor: async (gauge, wanted, seconds) => {
      const deadline = Date.now() + seconds * 1000;
      while (firstAt(gauge, wanted) === undefined && Date.now() < deadline) {
        await setTimeout(intervalMilliseconds / 2);
      }
      return firstAt(gauge, wanted);
    },
    devicesWith: (gauge, after) => [
      ...new Set(
        moments
          .filter(({ at }) => at > after)
          .flatMap(({ samples }) => samples)
          .filter(({ name, value }) => name === gauge && value === 1)
          .map(({ labels }) => labels.get('device') ?? ''),
      ),
    ],
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
