import { describe, expect, test } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { classifyRecord } from '../kernel-log/classify.ts';
import { kernelEventNames } from '../model/kernel-event.ts';
import { parseKernelMessage } from '../parsers/kernel-message.ts';
import { coreEventWords, kernelEventRows } from './kernel-events.ts';
import type { KernelEventRow } from './kernel-events.ts';

/** Whether a row takes a text in any of its readings. */
function takes({ drivers, pattern }: KernelEventRow, text: string): boolean {
  return parseKernelMessage({ text, device: undefined }).some(
    ({ driver, message }) =>
      (drivers === undefined || (driver !== undefined && drivers.includes(driver))) &&
      pattern.test(message),
  );
}

describe('kernelEventRows', () => {
  test.each(kernelEventRows)('$event: $example', (row) => {
    expect(kernelEventRows.filter((other) => takes(other, row.example))).toEqual([row]);
    expect(classifyRecord(kernelRecord(row.example))?.event).toBe(row.event);
  });

  test('finds the prefiltered words in every example of the network core', () => {
    const core = kernelEventRows.filter(({ drivers }) => drivers === undefined);
    expect(core.filter(({ example }) => !coreEventWords.test(example))).toEqual([]);
  });

  test('has a row for every event', () => {
    expect(new Set(kernelEventRows.map(({ event }) => event))).toEqual(new Set(kernelEventNames));
  });

  test('names the kernel source of every row', () => {
    expect(kernelEventRows.filter(({ source }) => source === '')).toEqual([]);
  });
});
