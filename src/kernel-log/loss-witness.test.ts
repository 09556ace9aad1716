import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createLossWitness } from './loss-witness.ts';
import type { WitnessedDevice } from './loss-witness.ts';

/** A device that says it has lost so many packets, the last number again and again. */
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

/** What a new witness says of devices, asked at these seconds of fake timers. */
async function answersAt(
  seconds: readonly number[],
  ...devices: readonly WitnessedDevice[]
): Promise<readonly Readonly<Record<string, boolean>>[]> {
  const witness = createLossWitness();
  const answers: Readonly<Record<string, boolean>>[] = [];
  for (const [index, second] of seconds.entries()) {
    await vi.advanceTimersByTimeAsync((second - (seconds[index - 1] ?? 0)) * 1000);
    const answering = witness(devices);
    await vi.advanceTimersByTimeAsync(300);
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

  test('says at first whether a device has lost anything', async () => {
    expect(await answersAt([0], losing('vxa', 3), losing('vxb', 0))).toEqual([
      { vxa: true, vxb: false },
    ]);
  });

  test('says then whether it has lost more', async () => {
    expect(await answersAt([0, 10, 20], losing('vxa', 3, 3, 3, 4))).toEqual([
      { vxa: true },
      { vxa: false },
      { vxa: true },
    ]);
  });

  test('takes what comes within 5 s for the same burst', async () => {
    expect(await answersAt([0, 4, 10], losing('vxa', 3))).toEqual([
      { vxa: true },
      { vxa: true },
      { vxa: false },
    ]);
  });

  test('looks again, as the kernel logs first and counts then', async () => {
    expect(await answersAt([0], losing('vxa', 0, 1))).toEqual([{ vxa: true }]);
  });

  test('is not misled by a counter that began anew', async () => {
    expect(await answersAt([0, 10, 20], losing('vxa', 9, 2, 2, 3))).toEqual([
      { vxa: true },
      { vxa: false },
      { vxa: true },
    ]);
  });

  test('leaves out what cannot be read, does not answer or cannot be asked', async () => {
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
    // One that does not come back is not asked again.
    expect(hang).toHaveBeenCalledTimes(1);
  });
});
