import { randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { encodeFrame, frameBytes, parseFrame } from './frame.ts';

const key = randomBytes(32);
const content = {
  type: 'report',
  profile: 'bulk',
  timeMilliseconds: 1_795_145_680_064,
  nonce: randomBytes(16),
  bytes: 1_048_576,
  datagrams: { small: 2000, large: 1973 },
  digest: randomBytes(32),
  name: 'worker-07',
  counters: { checksumErrors: 41, bufferErrors: 0 },
  segments: { sent: 2296, retransmitted: 18 },
} as const;

describe('parseFrame()', () => {
  test('reads what encodeFrame() wrote', () => {
    const bytes = encodeFrame(content, { key, sequence: 3 });
    expect(bytes).toHaveLength(frameBytes);
    expect(parseFrame(bytes, { key, sequence: 3 })).toEqual(content);
  });

  test('leaves out counters that were not known', () => {
    const frame = parseFrame(encodeFrame({ type: 'ready' }, { key, sequence: 0 }), {
      key,
      sequence: 0,
    });
    expect(frame?.counters).toBeUndefined();
    expect(frame?.segments).toBeUndefined();
  });

  test('cuts a name that is too long', () => {
    const bytes = encodeFrame({ type: 'welcome', name: 'n'.repeat(1000) }, { key, sequence: 0 });
    expect(parseFrame(bytes, { key, sequence: 0 })?.name).toBe('n'.repeat(253));
  });

  test.each([
    ['with another key', { key: randomBytes(32), sequence: 3 }],
    ['at another place', { key, sequence: 2 }],
  ])('rejects a frame %s', (_what, expected) => {
    expect(parseFrame(encodeFrame(content, { key, sequence: 3 }), expected)).toBeUndefined();
  });

  test('rejects a frame with any byte changed, cut off or added', () => {
    const bytes = encodeFrame(content, { key, sequence: 3 });
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(parseFrame(changed, { key, sequence: 3 }), `byte ${index}`).toBeUndefined();
    }
    expect(parseFrame(bytes.subarray(1), { key, sequence: 3 })).toBeUndefined();
    expect(parseFrame(Buffer.concat([bytes, bytes]), { key, sequence: 3 })).toBeUndefined();
  });
});
