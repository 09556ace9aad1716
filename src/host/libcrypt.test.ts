import { hashSync } from 'bcryptjs';
import { describe, expect, test } from 'vitest';

import { openLibcrypt } from './libcrypt.ts';

const secretHash = hashSync('secret', 4);
const longest = 'ü'.repeat(36);

describe('openLibcrypt()', () => {
  test.each([
    ['secret', secretHash, true],
    ['secret', secretHash.replace('$2b$', '$2y$'), true],
    ['secret', secretHash.replace('$2b$', '$2a$'), true],
    ['Secret', secretHash, false],
    ['', secretHash, false],
    ['', hashSync('', 4), true],
    ['secret\0', secretHash, false],
    ['secret\0more', secretHash, false],
    [longest, hashSync(longest, 4), true],
    [`${longest.slice(1)}u`, hashSync(longest, 4), false],
  ])('compares %j with %s: %s', async (password, hash, isRight) => {
    const compare = await openLibcrypt();
    expect(await compare(password, hash)).toBe(isRight);
  });

  test('does not block the event loop', async () => {
    const compare = await openLibcrypt();
    const comparing = compare('wrong', hashSync('secret', 10));
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    expect(await comparing).toBe(false);
    clearInterval(turning);
    expect(turns).toBeGreaterThan(3);
  });

  test('rejects an invalid hash', async () => {
    const compare = await openLibcrypt();
    await expect(compare('secret', `$2b$10$${'!'.repeat(53)}`)).rejects.toThrow(
      expect.objectContaining({
        name: 'SourceError',
        message: 'crypt_r: expected a supported hash',
      }),
    );
  });
});
