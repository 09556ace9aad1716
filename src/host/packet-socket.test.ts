import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { readU32 } from '../parsers/ethtool-structs.ts';
import { openLibc } from './libc.ts';
import { createPacketSockets, createUndumpedBuffer } from './packet-socket.ts';

type Calls = Parameters<typeof createPacketSockets>[0];

const filter = { ports: [4789], oneOf: 1, addresses: [] };

describe('createPacketSockets()', () => {
  test('attaches the filter before it binds', () => {
    const { calls, made } = recordedCalls();
    createPacketSockets(calls)(7, filter);
    expect(made).toEqual([
      'socket',
      'option 1/26',
      'option 263/15',
      'option 263/23',
      'option 1/8',
      'option 1/33',
      'bind 7',
    ]);
  });

  test.each([
    ['EPERM', 'denied', 'packet sockets need the capability CAP_NET_RAW, which the agent lacks'],
    ['EAFNOSUPPORT', 'failed', 'packet socket: socket: EAFNOSUPPORT'],
  ])('says what is lacking when socket() gives %s', (errno, reason, message) => {
    const { calls } = recordedCalls({ socket: () => errno });
    expect(() => createPacketSockets(calls)(7, filter)).toThrow(
      expect.objectContaining({ reason, message }),
    );
  });

  test('distinguishes the reasons for no packet', () => {
    const answers: (number | string)[] = [60, 'ENETDOWN', 'EINVAL', 'EAGAIN', 'EWOULDBLOCK'];
    const { calls } = recordedCalls({ receive: () => answers.shift() ?? 0 });
    const socket = createPacketSockets(calls)(7, filter);
    expect(socket.receive()).toHaveLength(60);
    expect([1, 2, 3, 4].map(() => socket.receive())).toEqual([
      'down',
      'unreadable',
      undefined,
      undefined,
    ]);
  });

  test('returns whether a filter was replaced, and the number of lost samples', () => {
    const { calls, made } = recordedCalls();
    const socket = createPacketSockets(calls)(7, filter);
    expect(socket.setFilter(filter)).toBe(true);
    expect(made.at(-1)).toBe('option 1/26');
    expect(socket.takeLost()).toBe(5);
  });
});

function recordedCalls(changes: Partial<Calls> = {}) {
  const made: string[] = [];
  const calls: Calls = {
    pointerBytes: 8,
    addressOf: () => 4096n,
    socket: () => {
      made.push('socket');
      return 1_000_000;
    },
    bind: (_descriptor, address) => {
      made.push(`bind ${readU32(address, 4)}`);
      return undefined;
    },
    setOption: (_descriptor, { level, name }) => {
      made.push(`option ${level}/${name}`);
      return undefined;
    },
    getOption: (_descriptor, _option, value) => {
      value.set(Buffer.from(new Uint32Array([9, 5]).buffer));
      return undefined;
    },
    madvise: () => undefined,
    receive: () => 'EAGAIN',
    ...changes,
  };
  return { calls, made };
}

test('createUndumpedBuffer() creates a buffer that core dumps exclude', async () => {
  const libc = await openLibc();
  const buffer = createUndumpedBuffer(libc, 10_000);
  expect(buffer.length).toBeGreaterThanOrEqual(10_000);
  const first = libc.addressOf(buffer);
  for (const address of [first, first + BigInt(buffer.length) - 1n]) {
    expect(flagsOf(address)).toContain('dd');
  }
});

/** Flags of the mapping an address is in. @see /proc/PID/smaps in proc(5) */
function flagsOf(address: bigint): readonly string[] {
  const mappings = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[\da-f]+-[\da-f]+ )/m);
  const mapping = mappings.find((text) => {
    const [start = '0', end = '0'] = text.split(' ', 1)[0]?.split('-') ?? [];
    return BigInt(`0x${start}`) <= address && address < BigInt(`0x${end}`);
  });
  return (
    /^VmFlags: (.*)$/m
      .exec(mapping ?? '')?.[1]
      ?.trim()
      .split(' ') ?? []
  );
}
