import { hashSync } from 'bcryptjs';
import { describe, expect, test } from 'vitest';

import { createAuthenticator } from './authenticator.ts';
import type { ComparePassword } from '../host/libcrypt.ts';
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

/** A client that waits for its answer. */
const from = { address: '192.0.2.1', isWaiting: () => true };

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
    expect(await authenticate(users, { user, password, ...from })).toBe(verdict);
    expect(await authenticate(users, { user, password, ...from })).toBe(verdict);
  });

  test('compares each password once, also for concurrent requests', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    for (const password of ['secret', 'wrong']) {
      const claim = { user: 'prometheus', password, ...from };
      await Promise.all(Array.from({ length: 50 }, async () => authenticate(users, claim)));
      await authenticate(users, claim);
    }
    expect(compared).toEqual(['secret with secret', 'wrong with secret']);
  });

  test('compares for an unknown user as for a known one, always with the same hash', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    await authenticate(users, { user: 'nobody', password: 'one', ...from });
    await authenticate(users, { user: 'nobody', password: 'two', ...from });
    const [first, second] = compared.map((line) => line.split(' with ')[1]);
    expect([...users.values()]).toContain(first);
    expect(second).toBe(first);
  });

  test('caches no verdict beyond a change of the hash', async () => {
    const authenticate = createAuthenticator(counting().compare);
    const claim = { user: 'late', password: 'secret', ...from };
    expect(await authenticate(new Map([['a', 'secret']]), claim)).toBe('refused');
    expect(await authenticate(new Map([['late', 'secret']]), claim)).toBe('granted');
    expect(await authenticate(new Map([['late', 'changed']]), claim)).toBe('refused');
  });

  test('keeps a right password in the cache through a flood of wrong ones', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    const right = { user: 'prometheus', password: 'secret', ...from };
    await authenticate(users, right);
    for (let number = 0; number < 500; number += 1) {
      await authenticate(users, { ...right, password: `wrong ${number}` });
    }
    await authenticate(users, right);
    expect(compared.filter((line) => line === 'secret with secret')).toHaveLength(1);
  });

  test('compares a new password next, however many are queued, and answers busy to a network with too many', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    const flood = Array.from({ length: 100 }, async (_, number) =>
      authenticate(users, {
        user: 'prometheus',
        password: `wrong ${number}`,
        address: `2001:db8:0:0:${number}::7`,
        isWaiting: () => true,
      }),
    );
    const others = Array.from({ length: 100 }, async (_, number) =>
      authenticate(users, {
        user: 'prometheus',
        password: `wrong too ${number}`,
        address: `192.0.2.${number}`,
        isWaiting: () => true,
      }),
    );
    const right = await authenticate(users, {
      user: 'prometheus',
      password: 'secret',
      address: '2001:db8::1:0:0:0:7',
      isWaiting: () => true,
    });
    expect(right).toBe('granted');
    expect(compared.indexOf('secret with secret')).toBe(1);
    expect(new Set(await Promise.all(others))).toEqual(new Set(['refused']));
    const verdicts = await Promise.all(flood);
    expect(verdicts.filter((verdict) => verdict === 'refused')).toHaveLength(9);
    expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(91);
  });

  test('does not compare when the client has disconnected', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    const claim = { user: 'prometheus', address: '192.0.2.1' };
    const verdicts = await Promise.all([
      authenticate(users, { ...claim, password: 'first', isWaiting: () => true }),
      authenticate(users, { ...claim, password: 'gone', isWaiting: () => false }),
      authenticate(users, { ...claim, password: 'secret', isWaiting: () => false }),
      authenticate(users, { ...claim, password: 'secret', isWaiting: () => true }),
    ]);
    expect(verdicts).toEqual(['refused', 'busy', 'granted', 'granted']);
    expect(compared).toEqual(['first with secret', 'secret with secret']);
  });

  test('compares once the credentials two networks send', async () => {
    const { compare, compared } = counting();
    const authenticate = createAuthenticator(compare);
    for (const password of ['secret', 'wrong']) {
      const verdicts = await Promise.all(
        ['192.0.2.1', '192.0.2.2'].map(async (address) =>
          authenticate(users, { user: 'prometheus', password, address, isWaiting: () => true }),
        ),
      );
      expect(new Set(verdicts).size).toBe(1);
    }
    expect(compared).toEqual(['secret with secret', 'wrong with secret']);
  });

  test('rejects when a comparison fails, and retries', async () => {
    let isBroken = true;
    const authenticate = createAuthenticator(async () => {
      if (isBroken) {
        throw new Error('no thread');
      }
      return true;
    });
    const claim = { user: 'prometheus', password: 'secret', ...from };
    await expect(authenticate(users, claim)).rejects.toThrow('no thread');
    isBroken = false;
    expect(await authenticate(users, claim)).toBe('granted');
  });
});

describe('createPasswordThread()', () => {
  test('compares with bcrypt without blocking the event loop', async () => {
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

  test('rejects an invalid hash, and continues', async () => {
    const compare = createPasswordThread();
    await expect(compare('secret', `$2b$10$${'!'.repeat(53)}`)).rejects.toThrow(
      'Illegal salt length',
    );
    expect(await compare('secret', hashSync('secret', 4))).toBe(true);
  });
});
