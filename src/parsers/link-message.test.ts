import { describe, expect, test } from 'vitest';

import { linkMessagesAddress, parseLinkMessage } from './link-message.ts';
import { writeU32 } from './ethtool-structs.ts';

describe('parseLinkMessage()', () => {
  test.each([1, 2, 0x7fff_ffff])('reads that it is about device %i', (interfaceIndex) => {
    const message = Buffer.alloc(32);
    writeU32(message, 20, interfaceIndex);
    expect(parseLinkMessage(message)).toBe(interfaceIndex);
  });

  test.each([0, 16, 20, 23])('reads nothing out of %i bytes', (length) => {
    expect(parseLinkMessage(Buffer.alloc(length))).toBeUndefined();
  });
});

describe('linkMessagesAddress()', () => {
  test('names the family in the byte order of the machine, and the group', () => {
    const address = linkMessagesAddress();
    expect([...new Uint16Array(address.buffer, address.byteOffset, 2)]).toEqual([16, 0]);
    expect([...new Uint32Array(address.buffer, address.byteOffset + 4, 2)]).toEqual([0, 1]);
  });
});
