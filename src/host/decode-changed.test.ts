import { describe, expect, test } from 'vitest';

import { createDecodeChanged } from './decode-changed.ts';

const names = ['rx', 'tx'];

function decoder() {
  return createDecodeChanged(
    (bytes, given) => given.map((name, index) => `${name} ${bytes[index]}`),
    () => {},
  );
}

describe('createDecodeChanged()', () => {
  test('gives the same object for the same answer, also when its bytes stand in a place that is used again', () => {
    const decode = decoder();
    const place = Buffer.from([1, 2]);
    const first = decode('eno1', place, names);
    expect(first).toEqual(['rx 1', 'tx 2']);
    expect(decode('eno1', place, names)).toBe(first);
    place[1] = 3;
    expect(decode('eno1', place, names)).toEqual(['rx 1', 'tx 3']);
    expect(first).toEqual(['rx 1', 'tx 2']);
  });

  test.each([
    ['other bytes', 'eno1', [1, 3], names, ['rx 1', 'tx 3']],
    ['bytes of another length', 'eno1', [1, 2, 3], names, ['rx 1', 'tx 2']],
    ['other names', 'eno1', [1, 2], ['rx', 'drops'], ['rx 1', 'drops 2']],
    ['names read anew', 'eno1', [1, 2], [...names], ['rx 1', 'tx 2']],
    ['another device', 'eno2', [1, 2], names, ['rx 1', 'tx 2']],
  ])('decodes %s anew', (_what, device, bytes, given, expected) => {
    const decode = decoder();
    const first = decode('eno1', Buffer.from([1, 2]), names);
    const second = decode(device, Buffer.from(bytes), given);
    expect(second).toEqual(expected);
    expect(second === first).toBe(false);
  });
});
