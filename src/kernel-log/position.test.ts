import { describe, expect, test } from 'vitest';

import type { KernelRecord } from '../model/kernel-record.ts';
import type { LogPosition } from '../model/ledger.ts';
import { advance, isBehind, lostBetween } from './position.ts';

const nowhere: LogPosition = {
  sequence: undefined,
  cursor: undefined,
  timestampMicroseconds: undefined,
};

function record(place: Partial<LogPosition>): KernelRecord {
  return {
    sequence: place.sequence,
    cursor: place.cursor,
    timestampMicroseconds: place.timestampMicroseconds ?? 500,
    realtimeMicroseconds: undefined,
    facility: 0,
    level: 3,
    text: 'vx42: hw csum failure',
    subsystem: undefined,
    device: undefined,
  };
}

describe('isBehind()', () => {
  test.each([
    { what: 'the first record of all', place: { sequence: 0 }, position: {}, expected: false },
    {
      what: 'the record read last',
      place: { sequence: 7 },
      position: { sequence: 7 },
      expected: true,
    },
    { what: 'one before it', place: { sequence: 6 }, position: { sequence: 7 }, expected: true },
    { what: 'the next one', place: { sequence: 8 }, position: { sequence: 7 }, expected: false },
    {
      what: 'the next one of the same microsecond',
      place: { sequence: 8, timestampMicroseconds: 500 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of the journal behind its cursor, whatever its time',
      place: { cursor: 'c2', timestampMicroseconds: 500 },
      position: { cursor: 'c1', timestampMicroseconds: 900 },
      expected: false,
    },
    {
      what: 'one of the journal that /dev/kmsg gave before',
      place: { cursor: 'c1', timestampMicroseconds: 500 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of the journal that /dev/kmsg did not give',
      place: { cursor: 'c1', timestampMicroseconds: 501 },
      position: { sequence: 7, timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of /dev/kmsg that the journal gave before',
      place: { sequence: 7, timestampMicroseconds: 499 },
      position: { cursor: 'c1', timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of /dev/kmsg that the journal did not give',
      place: { sequence: 7, timestampMicroseconds: 501 },
      position: { cursor: 'c1', timestampMicroseconds: 500 },
      expected: false,
    },
    {
      what: 'one of the journal when its cursor was given up',
      place: { cursor: 'c1', timestampMicroseconds: 500 },
      position: { timestampMicroseconds: 500 },
      expected: true,
    },
    {
      what: 'one of the other source when no time is known',
      place: { cursor: 'c1' },
      position: { sequence: 7 },
      expected: false,
    },
  ])('says of $what: $expected', ({ place, position, expected }) => {
    expect(isBehind(record(place), { ...nowhere, ...position })).toBe(expected);
  });
});

describe('advance()', () => {
  test.each([
    ['/dev/kmsg', { sequence: 8, cursor: undefined, timestampMicroseconds: 500 }],
    ['the journal', { sequence: undefined, cursor: 'c2', timestampMicroseconds: 500 }],
  ])('gives the place of a record of %s, and no other', (_source, place) => {
    expect(advance(record(place))).toStrictEqual(place);
  });

  test.each([{ sequence: 8 }, { cursor: 'c2' }])(
    'gives a position the other source can go on from, out of %o',
    (place) => {
      const other = 'cursor' in place ? { sequence: 8 } : { cursor: 'c2' };
      const position = advance(record(place));
      expect(isBehind(record(other), position)).toBe(true);
      expect(isBehind(record({ ...other, timestampMicroseconds: 501 }), position)).toBe(false);
    },
  );
});

describe('lostBetween()', () => {
  test.each([
    { what: 'neighbours', position: { sequence: 7 }, place: { sequence: 8 }, expected: 0 },
    { what: 'a gap', position: { sequence: 7 }, place: { sequence: 18 }, expected: 10 },
    { what: 'the first record read', position: {}, place: { sequence: 458 }, expected: 0 },
    { what: 'the journal', position: { sequence: 7 }, place: { cursor: 'c1' }, expected: 0 },
    { what: 'what follows it', position: { cursor: 'c1' }, place: { sequence: 9 }, expected: 0 },
  ])('counts $expected for $what', ({ position, place, expected }) => {
    expect(lostBetween({ ...nowhere, ...position }, record(place))).toBe(expected);
  });
});
