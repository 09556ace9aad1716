import { describe, expect, test } from 'vitest';

import { readKmsgRecording } from '../../test/support/recordings.ts';
import { parseHangRegisters } from './hang-registers.ts';

const recording = readKmsgRecording('hang-eno1-persist');

describe('parseHangRegisters()', () => {
  test('reads each hang record of a recording, and no other', () => {
    const read = recording.flatMap(({ sequence, text }) => {
      const registers = parseHangRegisters(text);
      return registers === undefined ? [] : [[sequence, registers.head, registers.tail]];
    });
    expect(read).toEqual([
      [458, 0xd, 0x11],
      [459, 0xd, 0x11],
      [460, 0xd, 0x11],
      [461, 0xd, 0x11],
      [465, 0, 7],
      [466, 0, 7],
      [467, 0, 7],
      [468, 0, 7],
      [472, 0, 4],
    ]);
  });

  test.each([
    {
      driver: 'e1000',
      text: 'Detected Tx Unit Hang\n  Tx Queue             <0>\n  TDH                  <1f>\n  TDT                  <3a>\n  next_to_use          <3a>\n  next_to_clean        <1f>',
      expected: { head: 0x1f, tail: 0x3a },
    },
    {
      driver: 'igb',
      text: 'igb 0000:00:07.0: Detected Tx Unit Hang\n  Tx Queue             <3>\n  TDH                  <fe>\n  TDT                  <2>\n  next_to_use          <2>',
      expected: { head: 0xfe, tail: 2 },
    },
    {
      driver: 'ixgbe',
      text: 'Detected Tx Unit Hang \n  Tx Queue             <7>\n  TDH, TDT             <1a>, <2b>\n  next_to_use          <2b>\n  next_to_clean        <1a>',
      expected: { head: 0x1a, tail: 0x2b },
    },
    {
      driver: 'a device that is gone',
      text: 'Detected Hardware Unit Hang:\n  TDH                  <ffffffff>\n  TDT                  <ffffffff>',
      expected: { head: 0xffffffff, tail: 0xffffffff },
    },
  ])('reads the hexadecimal registers of $driver', ({ text, expected }) => {
    expect(parseHangRegisters(text)).toEqual(expected);
  });

  test.each([
    ['nothing', ''],
    ['a record without registers', 'igb 0000:00:07.0: Detected Tx Unit Hang'],
    ['a record cut off behind the head', 'Hang:\n  TDH                  <d>\n  TDT        '],
    [
      'a record cut off in the tail',
      'Hang:\n  TDH                  <d>\n  TDT                  <1',
    ],
    ['a record cut off between both', 'Hang \n  TDH, TDT             <1a>, <2'],
    ['no tail', 'Hang:\n  TDH                  <d>\n  next_to_use          <11>'],
    ['what is not hexadecimal', 'Hang:\n  TDH                  <xy>\n  TDT                  <11>'],
    ['more than 32 bits', 'Hang:\n  TDH                  <d>\n  TDT                  <100000011>'],
  ])('gives none for %s', (_what, text) => {
    expect(parseHangRegisters(text)).toBeUndefined();
  });
});
