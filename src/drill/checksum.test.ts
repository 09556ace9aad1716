import { describe, expect, test } from 'vitest';

import { drillChecksum } from './checksum.ts';

describe('drillChecksum()', () => {
  test('sends 200 different packets, 50 a second at most', async () => {
    const sent: Buffer[] = [];
    let waited = 0;
    const count = await drillChecksum({
      port: 8472,
      send: (datagram) => {
        sent.push(datagram);
        return undefined;
      },
      wait: async (milliseconds) => {
        waited += milliseconds;
      },
    });
    expect(count).toBe(200);
    expect(new Set(sent.map((datagram) => datagram.toString('hex'))).size).toBe(200);
    expect(waited).toBeGreaterThanOrEqual(200 * 20);
    for (const datagram of sent) {
      expect(datagram.readUInt16BE(2)).toBe(8472);
      expect(datagram.readUInt16BE(4)).toBe(datagram.length);
      // 0 would say that there is no checksum.
      expect(datagram.readUInt16BE(6)).not.toBe(0);
    }
  });

  test('ends with the first packet that cannot be sent', async () => {
    let sent = 0;
    await expect(
      drillChecksum({
        port: 4789,
        send: () => {
          sent += 1;
          return sent === 3 ? 'ENETUNREACH' : undefined;
        },
        wait: async () => {},
      }),
    ).rejects.toThrow('packet 3 of 200 was not sent: ENETUNREACH');
    expect(sent).toBe(3);
  });
});
