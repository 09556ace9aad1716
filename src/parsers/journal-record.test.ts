import { describe, expect, test } from 'vitest';

import { ParseError } from '../model/errors.ts';
import { parseJournalRecord } from './journal-record.ts';

const cursor = 's=6c1;i=1ca;b=eaba2374e25b415d9ab42ca963d4d701;m=338f3f1;t=6';

/** What `journalctl -k -o json` prints of a hang of e1000e. */
const hang = {
  __CURSOR: cursor,
  __REALTIME_TIMESTAMP: '1795145634069105',
  __MONOTONIC_TIMESTAMP: '54069233',
  _BOOT_ID: 'eaba2374e25b415d9ab42ca963d4d701',
  _TRANSPORT: 'kernel',
  _SOURCE_MONOTONIC_TIMESTAMP: '54069105',
  PRIORITY: '3',
  SYSLOG_FACILITY: '0',
  _KERNEL_SUBSYSTEM: 'pci',
  _KERNEL_DEVICE: '+pci:0000:00:03.0',
  MESSAGE:
    'e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:\n  TDH                  <d>\n  TDT                  <11>',
};

/** The line of the hang with other fields; undefined takes one away. */
function line(change: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...hang, ...change });
}

describe('parseJournalRecord()', () => {
  test('reads a kernel record of several lines', () => {
    expect(parseJournalRecord(line())).toStrictEqual({
      sequence: undefined,
      cursor,
      timestampMicroseconds: 54_069_105,
      realtimeMicroseconds: 1_795_145_634_069_105,
      facility: 0,
      level: 3,
      text: hang.MESSAGE,
      subsystem: 'pci',
      device: '+pci:0000:00:03.0',
      bootId: 'eaba2374-e25b-415d-9ab4-2ca963d4d701',
    });
  });

  test.each([
    {
      variant: 'a message with a control byte',
      change: { MESSAGE: [...Buffer.from('eth0: bell\u0007 rang')] },
      expected: { text: 'eth0: bell\u0007 rang' },
    },
    {
      variant: 'a message with bytes that are not UTF-8',
      change: { MESSAGE: [0x65, 0x74, 0x68, 0xff, 0x3a, 0xc3, 0xa9] },
      expected: { text: 'eth\uFFFD:é' },
    },
    {
      variant: 'a message with what is no byte',
      change: { MESSAGE: [0x61, '98', null, { toString: 1, valueOf: 1 }, 0x62] },
      expected: { text: 'ab' },
    },
    {
      variant: 'a message too long to be shown',
      change: { MESSAGE: null },
      expected: { text: '' },
    },
    { variant: 'no message', change: { MESSAGE: undefined }, expected: { text: '' } },
    {
      variant: 'a message that ends in a newline (ixgbe ends in a space)',
      change: { MESSAGE: 'Detected Tx Unit Hang \n' },
      expected: { text: 'Detected Tx Unit Hang' },
    },
    {
      variant: 'bytes that end in a newline',
      change: { MESSAGE: [0x1b, 0x61, 0x20, 0x0a] },
      expected: { text: '\u001Ba' },
    },
    {
      variant: 'a record a process wrote to /dev/kmsg',
      change: { SYSLOG_FACILITY: '1' },
      expected: { facility: 1 },
    },
    {
      variant: 'a record without facility',
      change: { SYSLOG_FACILITY: undefined },
      expected: { facility: Number.NaN },
    },
    {
      variant: 'an empty facility',
      change: { SYSLOG_FACILITY: '' },
      expected: { facility: Number.NaN },
    },
    {
      variant: 'a facility that only looks like 0',
      change: { SYSLOG_FACILITY: '0x0' },
      expected: { facility: Number.NaN },
    },
    {
      variant: 'two facilities',
      change: { SYSLOG_FACILITY: ['0', '1'] },
      expected: { facility: Number.NaN },
    },
    { variant: 'no priority', change: { PRIORITY: undefined }, expected: { level: 6 } },
    {
      variant: 'no time of the kernel',
      change: { _SOURCE_MONOTONIC_TIMESTAMP: undefined },
      expected: { timestampMicroseconds: 54_069_233 },
    },
    {
      variant: 'no time of day',
      change: { __REALTIME_TIMESTAMP: undefined },
      expected: { realtimeMicroseconds: undefined },
    },
    {
      variant: 'a time of day that is none',
      change: { __REALTIME_TIMESTAMP: '17951456x' },
      expected: { realtimeMicroseconds: undefined },
    },
    {
      variant: 'a record of the core, which has no device',
      change: { _KERNEL_SUBSYSTEM: undefined, _KERNEL_DEVICE: undefined },
      expected: { subsystem: undefined, device: undefined },
    },
    {
      variant: 'a boot id with dashes',
      change: { _BOOT_ID: 'eaba2374-e25b-415d-9ab4-2ca963d4d701' },
      expected: { bootId: 'eaba2374-e25b-415d-9ab4-2ca963d4d701' },
    },
    { variant: 'no boot id', change: { _BOOT_ID: undefined }, expected: { bootId: undefined } },
  ])('reads $variant', ({ change, expected }) => {
    expect(parseJournalRecord(line(change))).toMatchObject(expected);
  });

  test.each([
    { why: 'nothing', input: '' },
    { why: 'what journalctl says of an empty journal', input: '-- No entries --' },
    { why: 'an object cut off', input: line().slice(0, 60) },
    { why: 'a list', input: '[]' },
    { why: 'null', input: 'null' },
    { why: 'a number', input: '54' },
    { why: 'no cursor', input: '{"__MONOTONIC_TIMESTAMP":"54"}' },
    { why: 'no time', input: '{"__CURSOR":"s=6c1"}' },
    { why: 'a time that is none', input: '{"__CURSOR":"s","__MONOTONIC_TIMESTAMP":"5.4"}' },
    { why: 'a time that is no string', input: '{"__CURSOR":"s","__MONOTONIC_TIMESTAMP":54}' },
    { why: 'a cursor that is no string', input: '{"__CURSOR":1,"__MONOTONIC_TIMESTAMP":"54"}' },
  ])('rejects $why', ({ input }) => {
    const parse = (): unknown => parseJournalRecord(input);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line: 1 }));
    expect(parse).toThrow(`, got ${JSON.stringify(input)}`);
  });
});
