import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { createDeviceMemory } from './device-memory.ts';

/** A memory after so many devices have come, of which only those that `stays` names have not gone again. */
function memoryAfter(count: number, stays: (index: number) => boolean) {
  const asked: string[] = [];
  const memory = createDeviceMemory<number>((device) => {
    asked.push(device);
    if (!stays(Number(device.slice(3)))) {
      throw new SourceError('absent', 'gone');
    }
  });
  for (let index = 0; index < count; index += 1) {
    memory.set(`eth${index}`, index);
  }
  const known = Array.from({ length: count }, (_, index) => index).filter(
    (index) => memory.get(`eth${index}`) !== undefined,
  );
  return { memory, known, asked };
}

describe('createDeviceMemory()', () => {
  test('keeps devices that are there, however many, and seldom asks', () => {
    const { known, asked } = memoryAfter(1000, () => true);
    expect(known).toHaveLength(1000);
    expect(asked.length).toBeLessThan(1000);
  });

  test('forgets devices that are gone', () => {
    const { known } = memoryAfter(10_000, (index) => index % 1000 === 0);
    expect(known).toEqual(expect.arrayContaining([0, 1000, 2000, 9000]));
    expect(known.length).toBeLessThan(100);
  });

  test('knows what was said last, and nothing of what was deleted', () => {
    const { memory } = memoryAfter(64, () => false);
    memory.set('eth5', 500);
    expect(memory.get('eth5')).toBe(500);
    expect(memory.get('eth6')).toBe(6);
    memory.delete('eth5');
    expect(memory.get('eth5')).toBeUndefined();
  });
});
