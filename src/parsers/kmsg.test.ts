import { describe, expect, test } from 'vitest';

import { readKmsgRecording } from '../../test/support/recordings.ts';
import { ParseError } from '../model/errors.ts';
import { parseKmsgRecord } from './kmsg.ts';

describe('parseKmsgRecord', () => {
  test('parseKmsgRecord() undoes the escapes of a recorded unit hang', () => {
    expect(readKmsgRecording('hang-eno1-persist')[0]).toEqual({
      sequence: 458,
      timestampMicroseconds: 54069105,
      facility: 0,
      level: 3,
      text: [
        'e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:',
        '  TDH                  <d>',
        '  TDT                  <11>',
        '  next_to_use          <11>',
        '  next_to_clean        <d>',
        'buffer_info[next_to_clean]:',
        '  time_stamp           <ffff0c4e>',
        '  next_to_watch        <d>',
        '  jiffies              <ffff0f98>',
        '  next_to_watch.status <0>',
        'MAC Status             <80283>',
        'PHY Status             <796d>',
        'PHY 1000BASE-T Status  <3c00>',
        'PHY Extended Status    <3000>',
        'PCI Status             <10>',
      ].join('\n'),
      subsystem: 'pci',
      device: '+pci:0000:00:03.0',
    });
  });

  test('parseKmsgRecord() reads a recorded record without dictionary', () => {
    expect(readKmsgRecording('hwcsum')[0]).toEqual({
      sequence: 450,
      timestampMicroseconds: 9627853,
      facility: 0,
      level: 3,
      text: 'vx42: hw csum failure',
      subsystem: undefined,
      device: undefined,
    });
  });

  test('parseKmsgRecord() reads every record of a recorded boot, none missing', () => {
    const sequences = readKmsgRecording('boot').map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(401);
    expect(sequences).toEqual(sequences.map((_, index) => index + (sequences[0] ?? 0)));
  });

  test.each([
    {
      variant: 'a caller (CONFIG_PRINTK_CALLER)',
      record: '6,204,292741,-,caller=T123;eth0: text\n',
      expected: { sequence: 204, timestampMicroseconds: 292741, level: 6, text: 'eth0: text' },
    },
    {
      variant: 'fields of a kernel to come',
      record: '6,204,292741,-,caller=C1,cpu=0,x;eth0: text\n',
      expected: { text: 'eth0: text' },
    },
    {
      variant: 'a continuation fragment',
      record: '4,7,8,c;text\n',
      expected: { facility: 0, level: 4, text: 'text' },
    },
    {
      variant: 'a record a process wrote',
      record: '11,345,755543314,-;nictest-A eth0: Detected Hardware Unit Hang:\n',
      expected: {
        facility: 1,
        level: 3,
        text: 'nictest-A eth0: Detected Hardware Unit Hang:',
      },
    },
    {
      variant: 'the level emergency of a process',
      record: '8,1,2,-;text\n',
      expected: { facility: 1, level: 0 },
    },
    {
      variant: 'facility local7',
      record: '191,1,2,-;text\n',
      expected: { facility: 23, level: 7 },
    },
    {
      variant: 'the dictionary of a network device',
      record: '3,1,2,-;net eth0: text\n SUBSYSTEM=net\n DEVICE=n8\n',
      expected: { text: 'net eth0: text', subsystem: 'net', device: 'n8' },
    },
    {
      variant: 'an escape in the dictionary',
      record: '3,1,2,-;text\n DEVICE=+pci:a\\x20b=c\n',
      expected: { subsystem: undefined, device: '+pci:a b=c' },
    },
    {
      variant: 'a dictionary line of another form',
      record: '3,1,2,-;text\nDEVICE=n1\n =n2\n DEVICE\n',
      expected: { text: 'text', device: undefined },
    },
    {
      variant: 'semicolons in the text',
      record: '3,1,2,-;a;b\n',
      expected: { text: 'a;b' },
    },
    {
      variant: 'an escaped backslash before an x',
      record: String.raw`3,1,2,-;\x5cx41`,
      expected: { text: String.raw`\x41` },
    },
    {
      variant: 'a tab and UTF-8 in bytes',
      record: String.raw`3,1,2,-;tab\x09here \xc3\xa9 \xe2\x82\xac utf8`,
      expected: { text: 'tab\there é € utf8' },
    },
    {
      variant: 'a byte that is not UTF-8',
      record: String.raw`3,1,2,-;eth\xff: text`,
      expected: { text: 'eth\uFFFD: text' },
    },
    {
      variant: 'an escape cut short',
      record: String.raw`3,1,2,-;text \x0`,
      expected: { text: String.raw`text \x0` },
    },
    {
      variant: 'a text that ends in a newline (ixgbe ends in a space)',
      record: '3,1,2,-;Detected Tx Unit Hang \\x0a\n',
      expected: { text: 'Detected Tx Unit Hang' },
    },
    { variant: 'no text', record: '3,1,2,-;\n', expected: { text: '' } },
  ])('parseKmsgRecord() reads $variant', ({ record, expected }) => {
    expect(parseKmsgRecord(record)).toMatchObject(expected);
  });

  test.each([
    { why: 'nothing', record: '', got: '""' },
    { why: 'text alone', record: 'eth0: text\n', got: String.raw`"eth0: text\n"` },
    { why: 'a prefix without flags', record: '3,463,71124464;text', got: '"3,463,71124464;text"' },
    { why: 'a cut prefix', record: '3,463,7112', got: '"3,463,7112"' },
    { why: 'a negative priority', record: '-3,463,71,-;text', got: '"-3,463,71,-;text"' },
    { why: 'a sequence of letters', record: '3,abc,71,-;text', got: '"3,abc,71,-;text"' },
    { why: 'the form of dmesg', record: '[   71.124464] text', got: '"[   71.124464] text"' },
    { why: 'the form of syslog', record: '<3>text', got: '"<3>text"' },
    {
      why: 'a dictionary line alone',
      record: ' SUBSYSTEM=pci\n',
      got: String.raw`" SUBSYSTEM=pci\n"`,
    },
  ])('parseKmsgRecord() rejects $why', ({ record, got }) => {
    const parse = (): unknown => parseKmsgRecord(record);
    expect(parse).toThrow(ParseError);
    expect(parse).toThrow(expect.objectContaining({ line: 1 }));
    expect(parse).toThrow(`, got ${got}`);
  });
});
