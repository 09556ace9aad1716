import { describe, expect, test } from 'vitest';

import { writeU32 } from './ethtool-structs.ts';
import { parseTcpInfo, tcpInfoBytes } from './tcp-info.ts';

describe('parseTcpInfo()', () => {
  test.each([
    ['what was retransmitted', { retransmitted: 12, duplicates: 0 }, 12],
    ['without what had arrived before', { retransmitted: 12, duplicates: 5 }, 7],
    ['never less than nothing', { retransmitted: 1, duplicates: 2 }, 0],
  ])('gives %s', (_what, { retransmitted, duplicates }, expected) => {
    const bytes = Buffer.alloc(tcpInfoBytes);
    writeU32(bytes, 100, retransmitted);
    writeU32(bytes, 156, 188);
    writeU32(bytes, 216, duplicates);
    expect(parseTcpInfo(bytes)).toEqual({ sent: 188, retransmitted: expected });
  });
});
