import { createHmac, randomBytes } from 'node:crypto';

import type { ComparePassword } from '../host/libcrypt.ts';
import { clientNetwork } from './rate-limit.ts';
import { addBounded, createFairQueue } from './fair-queue.ts';

/** The credentials of a request, and its client's address. */
interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly address: string;
  /** Whether the client is still connected; otherwise its password is not compared. */
  readonly isWaiting: () => boolean;
}

/** `busy`: the queue of passwords to compare is full. */
type Verdict = 'granted' | 'refused' | 'busy';

/** Checks credentials against the bcrypt hashes of the users. */
export type Authenticate = (
  users: ReadonlyMap<string, string>,
  credentials: Credentials,
) => Promise<Verdict>;

/** Separate caches, so that a flood of wrong passwords does not evict a right one. */
const maxCached = { granted: 100, refused: 100 };
const queueLimits = { maxTasks: 8, maxClients: 256, maxFailed: 1024 };

/**
 * Makes the function that checks passwords: one at a time, each only once, those of clients without a failed attempt first. It
 * caches an HMAC under a random key of the process, from which no password can be recovered.
 */
export function createAuthenticator(compare: ComparePassword): Authenticate {
  const hmacKey = randomBytes(32);
  const queue = createFairQueue(queueLimits);
  const granted = new Set<string>();
  const refused = new Set<string>();
  const inFlight = new Map<string, Check>();

  const digest = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', hmacKey).update(JSON.stringify(parts)).digest();

  /** For an unknown user the hash of a known one, always the same, so that timing does not reveal which users exist. */
  const hashOf = (users: ReadonlyMap<string, string>, user: string): string | undefined =>
    users.get(user) ?? [...users.values()][digest(user).readUInt32LE() % users.size];

  const cached = (id: string): boolean | undefined =>
    granted.has(id) || (refused.has(id) ? false : undefined);

  const check = async (id: string, { network, isAwaited, ...claim }: Claim): Promise<Verdict> => {
    const isRight = await queue.run(network, async () => {
      // Another client may have sent the same credentials while this one was queued.
      const known = cached(id);
      if (known !== undefined || !isAwaited()) {
        return known;
      }
      const isSame = await compare(claim.password, claim.hash);
      const verdict = isSame && claim.isKnown ? 'granted' : 'refused';
      addBounded(verdict === 'granted' ? granted : refused, id, maxCached[verdict]);
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
    const known = cached(id);
    if (known !== undefined) {
      return known ? 'granted' : 'refused';
    }
    const network = clientNetwork(address);
    const key = `${network} ${id}`;
    const pending = inFlight.get(key);
    if (pending !== undefined) {
      pending.clients.push(isWaiting);
      return pending.verdict;
    }
    const clients = [isWaiting];
    const isAwaited = (): boolean => clients.some((isClientWaiting) => isClientWaiting());
    const verdict = check(id, { password, hash, isKnown, network, isAwaited }).finally(() => {
      inFlight.delete(key);
    });
    inFlight.set(key, { verdict, clients });
    return verdict;
  };
}

interface Check {
  readonly verdict: Promise<Verdict>;
  readonly clients: (() => boolean)[];
}

interface Claim {
  readonly password: string;
  readonly hash: string;
  readonly isKnown: boolean;
  readonly network: string;
  readonly isAwaited: () => boolean;
}
