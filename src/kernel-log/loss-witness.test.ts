import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createLossWitness } from './loss-witness.ts';
import type { WitnessedDevice } from './loss-witness.ts';

/** A device with these successive counts of lost packets, the last repeated. */
function losing(
  name: string,
  ...losses: readonly (number | (() => Promise<number>))[]
): WitnessedDevice {
  let reads = 0;
  return {
    name,
    kind: 'vxlan',
    driver: 'vxlan',
    busAddress: undefined,
    pciId: undefined,
    interfaceIndex: 7,
    hasUplink: true,
    transmitLosses: async () => {
      const answer = losses[Math.min(reads, losses.length - 1)] ?? 0;
      reads += 1;
      return typeof answer === 'number' ? answer : answer();
    },
  };
}

/** As often as one call reads it. */
const unchanged = (losses: number): readonly number[] => [losses, losses, losses, losses];

/** Results of a new witness, called at these seconds of fake timers. */
async function answersAt(
  seconds: readonly number[],
  ...devices: readonly WitnessedDevice[]
): Promise<readonly Readonly<Record<string, boolean | undefined>>[]> {
  const witness = createLossWitness();
  const answers: Readonly<Record<string, boolean | undefined>>[] = [];
  for (const [index, second] of seconds.entries()) {
    await vi.advanceTimersByTimeAsync((second - (seconds[index - 1] ?? 0)) * 1000);
    const answering = witness(devices);
    await vi.advanceTimersByTimeAsync(500);
    answers.push(Object.fromEntries(await answering));
  }
  return answers;
}

describe('createLossWitness()', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('returns whether a device has lost anything, on the first call', async () => {
    expect(await answersAt([0], losing('vxa', 3), losing('vxb', 0))).toEqual([
      { vxa: true, vxb: false },
    ]);
  });

  test('returns whether it has lost more, on later calls', async () => {
    expect(await answersAt([0, 10, 20], losing('vxa', 3, ...unchanged(3), 4))).toEqual([
      { vxa: true },
      { vxa: false },
      { vxa: true },
    ]);
  });

  test('treats calls within 5 s as one burst', async () => {
    expect(await answersAt([0, 4, 10], losing('vxa', 3))).toEqual([
      { vxa: true },
      { vxa: true },
      { vxa: false },
    ]);
  });

  test('retries, as the kernel logs before it counts', async () => {
    expect(await answersAt([0], losing('vxa', 0, 1))).toEqual([{ vxa: true }]);
    expect(await answersAt([0], losing('vxa', 0, 0, 0, 1))).toEqual([{ vxa: true }]);
    expect(await answersAt([0], losing('vxa', ...unchanged(0), 1))).toEqual([{ vxa: false }]);
  });

  test('copes with a counter reset', async () => {
    expect(await answersAt([0, 10, 20], losing('vxa', 9, ...unchanged(2), 3))).toEqual([
      { vxa: true },
      { vxa: false },
      { vxa: true },
    ]);
  });

  test('knows nothing of devices that fail, do not answer or have no counter', async () => {
    const { transmitLosses, ...mute } = losing('mute');
    expect(transmitLosses).toBeDefined();
    const fails = losing('fails', async () => {
      throw new Error('gone');
    });
    const hang = vi.fn<() => Promise<never>>(async () => new Promise(() => {}));
    expect(await answersAt([0, 10], losing('vxa', 3), mute, fails, losing('stuck', hang))).toEqual([
      { vxa: true },
      { vxa: false },
    ]);
    // A read in flight is not repeated.
    expect(hang).toHaveBeenCalledTimes(1);
  });
});
