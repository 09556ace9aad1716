import { createHmac, randomBytes } from 'node:crypto';

import { createFairQueue } from './fair-queue.ts';
import type { ComparePassword } from './password-thread.ts';

/** What a client claims, and where from. */
interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly address: string;
}

/** `busy` is no answer: too many passwords wait to be compared. */
type Verdict = 'granted' | 'refused' | 'busy';

/** Says whether credentials are right, given the bcrypt hash of each user. */
export type Authenticate = (
  users: ReadonlyMap<string, string>,
  credentials: Credentials,
) => Promise<Verdict>;

/** Apart, so that no flood of wrong passwords drives out a right one. */
const largestRemembered = { granted: 100, refused: 100 };
const queueLimits = { largestLane: 8, largestLanes: 64 };

/**
 * Makes the function that checks passwords: one at a time, in turns between addresses, and each only once. What it
 * remembers is a hash under a key that is the process's own and never leaves it: no password can be had from it.
 */
export function createAuthenticator(compare: ComparePassword): Authenticate {
  const key = randomBytes(32);
  const queue = createFairQueue(queueLimits);
  const granted = new Set<string>();
  const refused = new Set<string>();
  const underWay = new Map<string, Promise<Verdict>>();

  const digest = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest();

  /** An unknown user is given the hash of a known one, always the same, so that the time it takes tells nothing. */
  const hashOf = (users: ReadonlyMap<string, string>, user: string): string | undefined =>
    users.get(user) ?? [...users.values()][digest(user).readUInt32LE() % users.size];

  const check = async (id: string, claim: Claim): Promise<Verdict> => {
    const answer = queue.run(claim.address, async () => compare(claim.password, claim.hash));
    if (answer === undefined) {
      return 'busy';
    }
    const verdict = (await answer) && claim.isKnown ? 'granted' : 'refused';
    remember(verdict === 'granted' ? granted : refused, id, largestRemembered[verdict]);
    return verdict;
  };

  return async (users, { user, password, address }) => {
    const hash = hashOf(users, user);
    if (hash === undefined) {
      return 'refused';
    }
    const isKnown = users.has(user);
    const id = digest(String(isKnown), user, hash, password).toString('base64');
    if (granted.has(id)) {
      return 'granted';
    }
    if (refused.has(id)) {
      return 'refused';
    }
    const going = underWay.get(id) ?? check(id, { password, hash, isKnown, address });
    underWay.set(id, going);
    return going.finally(() => {
      underWay.delete(id);
    });
  };
}

interface Claim extends Omit<Credentials, 'user'> {
  readonly hash: string;
  readonly isKnown: boolean;
}

function remember(ids: Set<string>, id: string, largest: number): void {
  const [oldest] = ids;
  if (ids.size >= largest && oldest !== undefined) {
    ids.delete(oldest);
  }
  ids.add(id);
}
