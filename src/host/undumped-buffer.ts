import type { Libc } from './libc.ts';

/** @see madvise(2), MADV_DONTDUMP */
const doNotDump = 16;
const pageBytes = 65_536;

/** Makes a buffer that a core dump of this process leaves out. It has pages of its own, of whatever size the kernel's are. */
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
