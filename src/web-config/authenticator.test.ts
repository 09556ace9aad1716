import { hashSync } from 'bcryptjs';
import { describe, expect, test } from 'vitest';

import { createAuthenticator } from './authenticator.ts';
import type { ComparePassword } from './password-thread.ts';
import { createPasswordThread } from './password-thread.ts';

/** A hash that the comparison below takes: the password itself. */
const users = new Map([
  ['prometheus', 'secret'],
  ['other', 'different'],
]);

function counting(): { readonly compare: ComparePassword; readonly compared: string[] } {
  const compared: string[] = [];
  return {
    compared,
    compare: async (password, hash) => {
      compared.push(`${password} with ${hash}`);
      await Promise.resolve();
      return password === hash;
    },
  };
}

const address = '192.0.2.1';

describe('createAuthenticator()', () => {
  test.each([
    ['prometheus', 'secret', 'granted'],
    ['prometheus', 'wrong', 'refused'],
    ['prometheus', 'different', 'refused'],
    ['other', 'different', 'granted'],
    ['nobody', 'secret', 'refused'],
    ['nobody', 'different', 'refused'],
    ['', '', 'refused'],
  ])('answers user %j with password %j: %s', async (user, password, verdict) => {
    const authenticate = createAuthenticator(counting().compare);
    expect(await authenticate(users, { user, password, address })).toBe(verdict);
    expect(await authenticate(users, { user, password, address })).toBe(verdict);
  });

  test('compares each password once, also for those who ask at the same time', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    for (const password of ['secret', 'wrong']) {
      const claim = { user: 'prometheus', password, address };
      await Promise.all(Array.from({ length: 50 }, async () => authenticate(users, claim)));
      await authenticate(users, claim);
    }
    expect(compared).toEqual(['secret with secret', 'wrong with secret']);
  });

  test('compares for a user there is not as for one there is, always with the same hash', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    await authenticate(users, { user: 'nobody', password: 'one', address });
    await authenticate(users, { user: 'nobody', password: 'two', address });
    const [first, second] = compared.map((line) => line.split(' with ')[1]);
    expect([...users.values()]).toContain(first);
    expect(second).toBe(first);
  });

  test('does not remember for a user what was true of another hash, or before there was one', async () => {
    const authenticate = createAuthenticator(counting().compare);
    const claim = { user: 'late', password: 'secret', address };
    expect(await authenticate(new Map([['a', 'secret']]), claim)).toBe('refused');
    expect(await authenticate(new Map([['late', 'secret']]), claim)).toBe('granted');
    expect(await authenticate(new Map([['late', 'changed']]), claim)).toBe('refused');
  });

  test('remembers a right password through a flood of wrong ones', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    const right = { user: 'prometheus', password: 'secret', address };
    await authenticate(users, right);
    for (let number = 0; number < 500; number += 1) {
      await authenticate(users, { ...right, password: `wrong ${number}` });
    }
    await authenticate(users, right);
    expect(compared.filter((line) => line === 'secret with secret')).toHaveLength(1);
  });

  test('tells one address that it is busy, and serves another', async () => {
    const { compare } = counting();
    const authenticate = createAuthenticator(compare);
    const flood = Array.from({ length: 100 }, async (_, number) =>
      authenticate(users, { user: 'prometheus', password: `wrong ${number}`, address }),
    );
    const right = await authenticate(users, {
      user: 'prometheus',
      password: 'secret',
      address: '192.0.2.2',
    });
    expect(right).toBe('granted');
    const verdicts = await Promise.all(flood);
    expect(verdicts.filter((verdict) => verdict === 'refused')).toHaveLength(9);
    expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(91);
  });

  test('passes on that a comparison failed, and tries again', async () => {
    let isBroken = true;
    const authenticate = createAuthenticator(async () => {
      if (isBroken) {
        throw new Error('no thread');
      }
      return true;
    });
    const claim = { user: 'prometheus', password: 'secret', address };
    await expect(authenticate(users, claim)).rejects.toThrow('no thread');
    isBroken = false;
    expect(await authenticate(users, claim)).toBe('granted');
  });
});

describe('createPasswordThread()', () => {
  test('compares with bcrypt, and leaves the event loop free meanwhile', async () => {
    const compare = createPasswordThread();
    const hash = hashSync('secret', 10);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    expect(await compare('secret', hash)).toBe(true);
    expect(await compare('wrong', hash)).toBe(false);
    expect(await compare('secret', hash.replace('$2b$', '$2y$'))).toBe(true);
    clearInterval(turning);
    expect(turns).toBeGreaterThan(10);
  });

  test('tells of a hash that is none, and goes on', async () => {
    const compare = createPasswordThread();
    await expect(compare('secret', `$2b$10$${'!'.repeat(53)}`)).rejects.toThrow(
      'Illegal salt length',
    );
    expect(await compare('secret', hashSync('secret', 4))).toBe(true);
  });
});
