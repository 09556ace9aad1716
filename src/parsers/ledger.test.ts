import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { ParseError } from '../model/errors.ts';
import type { Ledger } from '../model/ledger.ts';
import { formatLedger, parseLedger } from './ledger.ts';

const bootId = 'eaba2374-e25b-415d-9ab4-2ca963d4d701';

const ledger: Ledger = {
  bootId,
  position: { sequence: 474, cursor: 's=6c1;i=1da', timestampMicroseconds: 105_081_264 },
  events: [
    {
      device: 'eno1',
      driver: 'e1000e',
      event: 'unit_hang',
      count: 9,
      lastTimestampSeconds: 1_795_145_680.064876,
    },
    { device: '', driver: '', event: 'dead_loop', count: 1, lastTimestampSeconds: undefined },
  ],
  previousBoot: {
    bootId: '5e3b2f4c-1d7a-4b5e-9c3d-2a1f0e9d8c7b',
    events: [
      { device: 'vxa', driver: '', event: 'dead_loop', count: 7, lastTimestampSeconds: 8.5 },
    ],
  },
};

const nowhere = { sequence: undefined, cursor: undefined, timestampMicroseconds: undefined };
const fresh: Ledger = { bootId, position: nowhere, events: [], previousBoot: undefined };

const event = { device: 'eno1', driver: 'e1000e', event: 'unit_hang', count: 9 };

/** The text of a ledger with other fields; undefined takes one away. */
function text(change: Record<string, unknown> = {}): string {
  return JSON.stringify({ version: 1, bootId, position: {}, events: [event], ...change });
}

function sumOf(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

describe('formatLedger()', () => {
  test('writes a line with its version, and a line with its checksum', () => {
    const json = `{"version":2,"bootId":"${bootId}","position":{"sequence":474},"events":[]}`;
    expect(formatLedger({ ...fresh, position: { ...nowhere, sequence: 474 } })).toBe(
      `${json}\n${sumOf(json)}\n`,
    );
  });
});

describe('parseLedger()', () => {
  test.each([
    ['with everything', ledger],
    ['of a log not read yet', fresh],
  ])('gives back a ledger %s', (_what, given) => {
    expect(parseLedger(formatLedger(given))).toStrictEqual(given);
  });

  test('round-trips a device name of any characters', () => {
    const events = [
      { device: '\u2028é\n', driver: '', event: 'dead_loop', count: 1, lastTimestampSeconds: 1 },
    ] as const;
    expect(parseLedger(formatLedger({ ...fresh, events }))).toStrictEqual({ ...fresh, events });
  });

  test('reads a file of version 1, which has no checksum', () => {
    expect(parseLedger(`${text()}\n`)).toStrictEqual({
      ...fresh,
      events: [{ ...event, lastTimestampSeconds: undefined }],
    });
  });

  test('detects corruption of any single bit', () => {
    const written = Buffer.from(formatLedger(ledger));
    for (let bit = 0; bit < written.length * 8; bit += 1) {
      const damaged = Buffer.from(written);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => parseLedger(damaged.toString('utf8')), `bit ${bit}`).toThrow(ParseError);
    }
  });

  test('detects a missing checksum', () => {
    const [json = ''] = formatLedger(ledger).split('\n');
    expect(() => parseLedger(`${json}\n`)).toThrow('expected version 2');
  });

  test('ignores additional fields', () => {
    const previousBoot = { bootId: 'another', events: [], position: {}, previousBoot: {} };
    expect(parseLedger(text({ more: 1, events: [], previousBoot }))).toStrictEqual({
      ...fresh,
      previousBoot: { bootId: 'another', events: [] },
    });
  });

  test.each([
    { why: 'nothing', input: '', expected: 'JSON' },
    { why: 'a text cut off', input: text().slice(0, -1), expected: 'JSON' },
    { why: 'zeros, as a power failure leaves them', input: '\0'.repeat(80), expected: 'JSON' },
    { why: 'a list', input: '[]', expected: 'an object' },
    { why: 'null', input: 'null', expected: 'an object' },
    { why: 'no version', input: text({ version: undefined }), expected: 'version 2' },
    { why: 'a newer version', input: text({ version: 3 }), expected: 'version 2' },
    { why: 'a version that is a string', input: text({ version: '1' }), expected: 'version 2' },
    { why: 'no boot id', input: text({ bootId: undefined }), expected: 'a boot id' },
    { why: 'no position', input: text({ position: undefined }), expected: 'a position' },
    {
      why: 'a negative place',
      input: text({ position: { sequence: -1 } }),
      expected: 'a sequence',
    },
    {
      why: 'a cursor that is a number',
      input: text({ position: { cursor: 1 } }),
      expected: 'a cur',
    },
    {
      why: 'a time that is a string',
      input: text({ position: { timestampMicroseconds: '1' } }),
      expected: 'a timestamp',
    },
    { why: 'no events', input: text({ events: undefined }), expected: 'a list of events' },
    { why: 'events in an object', input: text({ events: {} }), expected: 'a list of events' },
    { why: 'an event that is none', input: text({ events: [null] }), expected: 'an event' },
    {
      why: 'an event of an unknown class',
      input: text({ events: [{ ...event, event: 'coffee' }] }),
      expected: 'an event of a known class with its count',
    },
    {
      why: 'an event without count',
      input: text({ events: [{ ...event, count: undefined }] }),
      expected: 'an event of a known class with its count',
    },
    {
      why: 'a count that was no number when it was written',
      input: text({ events: [{ ...event, count: Number.NaN }] }),
      expected: 'a count',
    },
    { why: 'an endless count', input: text().replace(':9', ':1e999'), expected: 'a count' },
    {
      why: 'a count and a half',
      input: text({ events: [{ ...event, count: 1.5 }] }),
      expected: 'a count',
    },
    {
      why: 'a place between two records',
      input: text({ position: { sequence: 5.5 } }),
      expected: 'a sequence',
    },
    {
      why: 'an event twice',
      input: text({ events: [event, { ...event, count: 2 }] }),
      expected: 'each event of a device once',
    },
    {
      why: 'an event without device',
      input: text({ events: [{ ...event, device: undefined }] }),
      expected: 'a device',
    },
    {
      why: 'an event without driver',
      input: text({ events: [{ ...event, driver: undefined }] }),
      expected: 'a driver',
    },
    {
      why: 'a previous boot that is none',
      input: text({ previousBoot: null }),
      expected: 'a previous boot',
    },
    {
      why: 'a previous boot without events',
      input: text({ previousBoot: { bootId } }),
      expected: 'a list of events',
    },
  ])('rejects $why', ({ input, expected }) => {
    const parse = (): unknown => parseLedger(input);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line: 1 }));
    expect(parse).toThrow(`line 1: expected ${expected}`);
  });
});
