import { createHmac, randomBytes } from 'node:crypto';

import type { ComparePassword } from '../host/libcrypt.ts';
import { clientNetwork } from './client-network.ts';
import { createFairQueue } from './fair-queue.ts';

/** What a client claims, and where from. */
interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly address: string;
  /** Whether the client still waits for the answer. What nobody waits for is not compared. */
  readonly isWaiting: () => boolean;
}

/** `busy` is no answer: too many passwords wait to be compared. */
type Verdict = 'granted' | 'refused' | 'busy';

/** Says whether credentials are right, given the bcrypt hash of each user. */
export type Authenticate = (
  users: ReadonlyMap<string, string>,
  credentials: Credentials,
) => Promise<Verdict>;

/** Apart, so that no flood of wrong passwords drives out a right one. */
const maxRemembered = { granted: 100, refused: 100 };
const queueLimits = { maxTasks: 8, maxClients: 256, maxFailed: 1024 };

/**
 * Makes the function that checks passwords: one at a time, each only once, those of clients that have sent no wrong one first.
 * What it remembers is a hash under a key that is the process's own and never leaves it: no password can be had from it.
 */
export function createAuthenticator(compare: ComparePassword): Authenticate {
  const key = randomBytes(32);
  const queue = createFairQueue(queueLimits);
  const granted = new Set<string>();
  const refused = new Set<string>();
  const underWay = new Map<string, UnderWay>();

  const digest = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest();

  /** An unknown user is given the hash of a known one, always the same, so that the time it takes tells nothing. */
  const hashOf = (users: ReadonlyMap<string, string>, user: string): string | undefined =>
    users.get(user) ?? [...users.values()][digest(user).readUInt32LE() % users.size];

  const remembered = (id: string): boolean | undefined =>
    granted.has(id) || (refused.has(id) ? false : undefined);

  const check = async (id: string, { network, isWanted, ...claim }: Claim): Promise<Verdict> => {
    const isRight = await queue.run(network, async () => {
      // Another client may have been answered the same while this one waited.
      const known = remembered(id);
      if (known !== undefined || !isWanted()) {
        return known;
      }
      const isSame = await compare(claim.password, claim.hash);
      const verdict = isSame && claim.isKnown ? 'granted' : 'refused';
      remember(verdict === 'granted' ? granted : refused, id, maxRemembered[verdict]);
      return verdict === 'granted';
    });
    return isRight === undefined ? 'busy' : isRight ? 'granted' : 'refused';
  };

  return async (users, { user, password, address, isWaiting }) => {
    const hash = hashOf(users, user);
    if (hash === undefined) {
      return 'refused';
    }
    const isKnown = users.has(user);
    const id = digest(String(isKnown), user, hash, password).toString('base64');
    const known = remembered(id);
    if (known !== undefined) {
      return known ? 'granted' : 'refused';
    }
    const network = clientNetwork(address);
    const place = `${network} ${id}`;
    const going = underWay.get(place);
    if (going !== undefined) {
      going.askers.push(isWaiting);
      return going.verdict;
    }
    const askers = [isWaiting];
    const isWanted = (): boolean => askers.some((asks) => asks());
    const verdict = check(id, { password, hash, isKnown, network, isWanted }).finally(() => {
      underWay.delete(place);
    });
    underWay.set(place, { verdict, askers });
    return verdict;
  };
}

interface UnderWay {
  readonly verdict: Promise<Verdict>;
  readonly askers: (() => boolean)[];
}

interface Claim {
  readonly password: string;
  readonly hash: string;
  readonly isKnown: boolean;
  readonly network: string;
  readonly isWanted: () => boolean;
}

function remember(ids: Set<string>, id: string, max: number): void {
  const [oldest] = ids;
  if (ids.size >= max && oldest !== undefined) {
    ids.delete(oldest);
  }
  ids.add(id);
}
