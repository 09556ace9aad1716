import { describe, expect, test } from 'vitest';

import { statisticList } from '../../test/support/statistics.ts';
import {
  decodeDriverInfo,
  decodeFeatures,
  decodeStatistics,
  decodeStrings,
  ethtoolLayout,
  readString,
  readU32,
  readU64,
  writeU32,
  writeU64,
} from './ethtool-structs.ts';

describe('readU32(), writeU32()', () => {
  test.each([0, 1, 0x7fff_ffff, 0x8000_0000, 0x1234_5678, 0xffff_ffff])(
    'carry %i in the byte order of the machine',
    (value) => {
      const words = Uint32Array.of(value, 0);
      const buffer = Buffer.from(words.buffer);
      expect(readU32(buffer, 0)).toBe(value);
      writeU32(buffer, 4, value);
      expect([...words]).toEqual([value, value]);
    },
  );
});

describe('readU64(), writeU64()', () => {
  test.each([0n, 1n, 2n ** 53n + 1n, 0x0123_4567_89ab_cdefn, 2n ** 63n, 2n ** 64n - 1n])(
    'carry %i in the byte order of the machine',
    (value) => {
      const words = BigUint64Array.of(value, 0n);
      const buffer = Buffer.from(words.buffer);
      expect(readU64(buffer, 0)).toBe(value);
      writeU64(buffer, 8, value);
      expect([...words]).toEqual([value, value]);
    },
  );

  test('need no alignment', () => {
    const buffer = Buffer.alloc(12, 0xff);
    writeU64(buffer, 3, 2n ** 40n);
    expect(readU64(buffer, 3)).toBe(2n ** 40n);
    expect([...buffer.subarray(0, 3), buffer[11]]).toEqual([0xff, 0xff, 0xff, 0xff]);
  });
});

describe('readString()', () => {
  test.each([
    { what: 'ends at the first NUL', bytes: 'rx_errors\0garbage\0', text: 'rx_errors' },
    { what: 'may be empty', bytes: '\0rx', text: '' },
    {
      what: 'keeps leading and trailing spaces',
      bytes: '  pkts rx OOB \0',
      text: '  pkts rx OOB ',
    },
    { what: 'keeps colons and brackets', bytes: '[0]: rx: x\0', text: '[0]: rx: x' },
    {
      what: 'fills its field without a NUL',
      bytes: 'abcdefghijklmnopqrstuvwxyz012345',
      text: 'abcdefghijklmnopqrstuvwxyz012345',
    },
    {
      what: 'does not go on in the field behind its own',
      bytes: 'abcdefghijklmnopqrstuvwxyz012345next',
      text: 'abcdefghijklmnopqrstuvwxyz012345',
    },
    {
      what: 'has bytes that are not UTF-8 replaced',
      bytes: 'rx\xff\xfe_x\0',
      text: 'rx\u{FFFD}\u{FFFD}_x',
    },
    {
      what: 'may be cut within a character',
      bytes: `${'a'.repeat(31)}\xc3\xa4`,
      text: `${'a'.repeat(31)}\u{FFFD}`,
    },
  ])('$what', ({ bytes, text }) => {
    expect(readString(zeroFilled(`before${bytes}`), 6)).toBe(text);
  });

  test('ends with a buffer that is shorter than the field', () => {
    expect(readString(Buffer.from('rx'), 0)).toBe('rx');
  });
});

describe('decodeDriverInfo()', () => {
  test('reads the four fields that are exported', () => {
    expect(
      decodeDriverInfo(
        driverInfo({
          driver: 'e1000e',
          version: '6.12.95',
          firmwareVersion: '0.5-4',
          busAddress: '0000:00:1f.6',
        }),
      ),
    ).toEqual({
      driver: 'e1000e',
      version: '6.12.95',
      firmwareVersion: '0.5-4',
      busAddress: '0000:00:1f.6',
    });
  });

  test.each([
    { what: 'blank fields as unknown', value: '', read: undefined },
    { what: 'spaces only as unknown', value: '  ', read: undefined },
    { what: 'N/A as unknown, as a bridge says it', value: 'N/A', read: undefined },
    { what: 'values without the spaces around them', value: ' 1.0 ', read: '1.0' },
    { what: 'values that fill their field', value: 'v'.repeat(32), read: 'v'.repeat(32) },
    { what: 'bytes that are not UTF-8 replaced', value: '1\xff', read: '1\u{FFFD}' },
  ])('gives $what', ({ value, read }) => {
    const fields = { driver: value, version: value, firmwareVersion: value, busAddress: value };
    expect(decodeDriverInfo(driverInfo(fields))).toEqual({
      driver: read,
      version: read,
      firmwareVersion: read,
      busAddress: read,
    });
  });
});

describe('decodeStrings()', () => {
  test.each([
    { what: 'none', names: [] },
    { what: 'one', names: ['tx_restart_queue'] },
    { what: 'names that repeat, in their order', names: ['a', 'b', 'a', ' b', 'a'] },
    { what: 'names without a NUL between them', names: ['x'.repeat(32), 'y'.repeat(32), 'z'] },
  ])('reads $what', ({ names }) => {
    const { count, data } = ethtoolLayout.strings;
    const buffer = Buffer.alloc(data + names.length * ethtoolLayout.stringLength);
    writeU32(buffer, count, names.length);
    for (const [index, name] of names.entries()) {
      buffer.write(name, data + index * ethtoolLayout.stringLength, 'latin1');
    }
    expect(decodeStrings(buffer)).toEqual(names);
  });
});

describe('decodeStatistics()', () => {
  test.each([
    { what: 'none', statistics: [] },
    {
      what: 'the smallest and the largest',
      statistics: [
        { name: 'first', value: 0n },
        { name: 'first', value: 2n ** 64n - 1n },
        { name: '', value: 2n ** 53n + 1n },
      ],
    },
  ])('reads $what', ({ statistics }) => {
    const buffer = Buffer.alloc((statistics.length + 1) * 8, 0xff);
    for (const [index, { value }] of statistics.entries()) {
      writeU64(buffer, index * 8, value);
    }
    const names = statistics.map(({ name }) => name);
    expect(statisticList(decodeStatistics(buffer, names))).toEqual(statistics);
  });

  test('returns the names unchanged, and a copy of the values at any alignment', () => {
    const names = ['rx', 'tx'];
    const buffer = Buffer.alloc(4 + 2 * 8);
    writeU64(buffer, 4, 7n);
    writeU64(buffer, 12, 9n);
    const statistics = decodeStatistics(buffer.subarray(4), names);
    buffer.fill(0xff);
    expect(statistics.names).toBe(names);
    expect([...statistics.values]).toEqual([7n, 9n]);
  });
});

describe('decodeFeatures()', () => {
  const { blocks, blockSize } = ethtoolLayout.features;
  const { available, requested, active, neverChanged } = ethtoolLayout.featureBlock;
  const names = Array.from({ length: 96 }, (_, index) => `feature-${index}`);
  const wordOf = (index: number, field: number): number =>
    blocks + Math.floor(index / 32) * blockSize + field;

  const toggle = (bits: Buffer, index: number, field: number): void => {
    const word = wordOf(index, field);
    writeU32(bits, word, (readU32(bits, word) ^ (1 << (index % 32))) >>> 0);
  };

  test.each([0, 1, 30, 31, 32, 33, 63, 64, 95])('reads feature %i and no other', (index) => {
    const off = { enabled: false, requested: false, fixed: false };
    for (const [field, state] of [
      [available, { ...off, fixed: true }],
      [requested, { ...off, requested: true }],
      [active, { ...off, enabled: true }],
      [neverChanged, { ...off, fixed: true }],
    ] as const) {
      const bits = Buffer.alloc(blocks + 3 * blockSize);
      for (const first of [0, 32, 64]) {
        writeU32(bits, wordOf(first, available), 0xffff_ffff);
      }
      toggle(bits, index, field);
      expect(decodeFeatures(bits, names)).toEqual(
        names.map((name, other) => ({ name, ...(other === index ? state : off) })),
      );
    }
  });

  test.each([31, 32, 63])('reads feature %i among others that are all set', (index) => {
    const bits = Buffer.alloc(blocks + 3 * blockSize, 0xff);
    toggle(bits, index, active);
    expect(decodeFeatures(bits, names)).toEqual(
      names.map((name, other) => ({
        name,
        enabled: other !== index,
        requested: other !== index,
        fixed: true,
      })),
    );
  });
});

/** Bytes, one of each character, and zeros up to where any field would end. */
function zeroFilled(bytes: string): Buffer {
  return Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.alloc(ethtoolLayout.stringLength)]);
}

function driverInfo(
  fields: Readonly<Record<'driver' | 'version' | 'firmwareVersion' | 'busAddress', string>>,
): Buffer {
  const layout = ethtoolLayout.driverInfo;
  const buffer = Buffer.alloc(layout.size);
  buffer.write(fields.driver, layout.driver, 'latin1');
  buffer.write(fields.version, layout.version, 'latin1');
  buffer.write(fields.firmwareVersion, layout.firmwareVersion, 'latin1');
  buffer.write(fields.busAddress, layout.busAddress, 'latin1');
  return buffer;
}
