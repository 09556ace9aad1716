import type { Libc } from './libc.ts';

/** @see madvise(2), MADV_DONTDUMP */
const doNotDump = 16;
const pageBytes = 65_536;

/** Creates a buffer that core dumps of this process exclude. It has its own pages, whatever the page size of the kernel. */
export function createUndumpedBuffer(
  { addressOf, madvise }: Pick<Libc, 'addressOf' | 'madvise'>,
  minBytes: number,
): Buffer {
  const bytes = Math.ceil(minBytes / pageBytes) * pageBytes;
  const memory = Buffer.from(new ArrayBuffer(bytes + pageBytes));
  const start = pageBytes - Number(addressOf(memory) % BigInt(pageBytes));
  const buffer = memory.subarray(start, start + bytes);
  madvise(buffer, doNotDump);
  return buffer;
}
