import { openSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { openRawUdp } from './raw-udp.ts';

describe('openRawUdp()', () => {
  test.each([
    ['192.0.2.1', 2, 'c0000201'],
    ['2001:db8::1', 10, '20010db8000000000000000000000001'],
    ['::1', 10, '00000000000000000000000000000001'],
    ['fd00:1:2:3:4:5:6:7', 10, 'fd000001000200030004000500060007'],
  ])('sends to %s', (address, family, bytes) => {
    const asked: unknown[] = [];
    let destination = '';
    const socket = openRawUdp(
      {
        socket: (...what) => {
          asked.push(what);
          return openSync('/dev/null', 'r');
        },
        sendTo: (_descriptor, _message, to) => {
          destination = to.toString('hex');
          return 'ENETUNREACH';
        },
      },
      address,
    );
    expect(socket.send(Buffer.alloc(1))).toBe('ENETUNREACH');
    socket.close();
    expect(asked).toEqual([[family, 0o2000003, 17]]);
    expect(destination).toContain(bytes);
  });

  test('names the missing capability', () => {
    expect(() =>
      openRawUdp({ socket: () => 'EPERM', sendTo: () => undefined }, '192.0.2.1'),
    ).toThrow('sending such packets needs the capability CAP_NET_RAW');
  });
});
