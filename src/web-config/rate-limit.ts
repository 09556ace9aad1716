import type { RateLimit } from './web-config.ts';

/** A client that has been forgotten begins with a full bucket. */
const maxClients = 1024;

interface Bucket {
  readonly tokens: number;
  readonly filledAtSeconds: number;
}

/**
 * Makes the function that says whether one more request of a client may be answered: each has a bucket of `burst` tokens that
 * gets one more each interval, so that a flood does not use up the requests of others.
 *
 * @param nowSeconds a clock that never goes back
 */
export function createRateLimit(
  { intervalSeconds, burst }: RateLimit,
  nowSeconds: () => number,
): (client: string) => boolean {
  /** In the order of the last request. */
  const buckets = new Map<string, Bucket>();
  return (client) => {
    const now = nowSeconds();
    const { tokens, filledAtSeconds } = buckets.get(client) ?? {
      tokens: burst,
      filledAtSeconds: now,
    };
    const filled = Math.min(burst, tokens + (now - filledAtSeconds) / intervalSeconds);
    const isAllowed = filled >= 1;
    buckets.delete(client);
    const [oldest] = buckets.keys();
    if (buckets.size >= maxClients && oldest !== undefined) {
      buckets.delete(oldest);
    }
    buckets.set(client, { tokens: isAllowed ? filled - 1 : filled, filledAtSeconds: now });
    return isAllowed;
  };
}
