import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { openLibc } from './libc.ts';
import { createUndumpedBuffer } from './undumped-buffer.ts';

test('createUndumpedBuffer() makes a buffer that core dumps leave out', async () => {
  const libc = await openLibc();
  const buffer = createUndumpedBuffer(libc, 10_000);
  expect(buffer.length).toBeGreaterThanOrEqual(10_000);
  const first = libc.addressOf(buffer);
  for (const address of [first, first + BigInt(buffer.length) - 1n]) {
    expect(flagsOf(address)).toContain('dd');
  }
});

/** Flags of the mapping an address is in. @see /proc/PID/smaps in proc(5) */
function flagsOf(address: bigint): readonly string[] {
  const mappings = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[\da-f]+-[\da-f]+ )/m);
  const mapping = mappings.find((text) => {
    const [start = '0', end = '0'] = text.split(' ', 1)[0]?.split('-') ?? [];
    return BigInt(`0x${start}`) <= address && address < BigInt(`0x${end}`);
  });
  return (
    /^VmFlags: (.*)$/m
      .exec(mapping ?? '')?.[1]
      ?.trim()
      .split(' ') ?? []
  );
}
