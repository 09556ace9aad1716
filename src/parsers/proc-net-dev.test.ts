import { describe, expect, test } from 'vitest';

import { parseProcNetDev } from './proc-net-dev.ts';

const titles = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;
const counters = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16';

describe('parseProcNetDev()', () => {
  test.each([
    [
      'of Linux 6.18',
      `${titles}    lo: 287599669  142927    0    0    0     0          0         0 287599669  142927    0    0    0     0       0          0
  eth0: 1948762871   75946    0    0    0     0          0         0  5889727   52540    0    0    0     0       0          0
`,
      { lo: [142_927, 142_927], eth0: [75_946, 52_540] },
    ],
    [
      'of Linux 2.6, with no space between a name and long counters',
      `${titles}  eth0:4089213071 2391061    0    0    0     0          0         0 3761339027  2761339    0    0    0     0       0          0
`,
      { eth0: [2_391_061, 2_761_339] },
    ],
    [
      'with a name of 15 bytes and the largest counters',
      `${titles}enp130s0f0np0v1: 18446744073709551615 18446744073709551615    0    0    0     0          0         0 18446744073709551615 18446744073709551615    0    0    0     0       0          0
`,
      { enp130s0f0np0v1: [2 ** 64, 2 ** 64] },
    ],
    [
      'with names of any byte',
      `${titles}  a"b\\: ${counters}\n   -x: ${counters}\n ens\u00fe.7@: ${counters}\n  0: ${counters}\n`,
      { 'a"b\\': [2, 10], '-x': [2, 10], 'ens\u00fe.7@': [2, 10], 0: [2, 10] },
    ],
    ['without devices', titles, {}],
  ])('reads a table %s', (_what, text, packets) => {
    const parsed = [...parseProcNetDev(text)].map(([name, { rxPackets, txPackets }]) => [
      name,
      [rxPackets, txPackets],
    ]);
    expect(Object.fromEntries(parsed)).toEqual(packets);
    expect(parsed).toHaveLength(Object.keys(packets).length);
  });

  test.each([
    ['an empty line', ''],
    ['no colon', `eth0 ${counters}`],
    ['no name', `: ${counters}`],
    ['a counter too few', 'eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15'],
    ['a counter too many', `eth0: ${counters} 17`],
    ['a counter below zero', `eth0: ${counters.replace('10', '-10')}`],
    ['a fraction', `eth0: ${counters.replace(' 2 ', ' 2.5 ')}`],
    ['a word for a counter', `eth0: ${counters.replace('10', 'many')}`],
    ['a counter of more than 64 bits', `eth0: ${counters.replace('10', '1'.repeat(21))}`],
    ['a line cut short', 'eth0: 1 2 3'],
    ['a return', `eth0: ${counters}\r`],
  ])('rejects %s, and names the line', (_what, line) => {
    expect(() => parseProcNetDev(`${titles}  lo: ${counters}\n${line}\n`)).toThrow(
      expect.objectContaining({
        name: 'ParseError',
        line: 4,
        message: expect.stringContaining(JSON.stringify(line)),
      }),
    );
  });
});
