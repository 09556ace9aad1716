import { isIPv6 } from 'node:net';

import { ipv6Groups } from '../parsers/ip-header.ts';
import type { RateLimit } from './web-config.ts';

/** A client that was evicted starts with a full bucket. */
const maxClients = 1024;

interface Bucket {
  readonly tokens: number;
  readonly filledAtSeconds: number;
}

/**
 * Makes the function that returns whether a request of a client is allowed. Each client has a token bucket of size `burst`,
 * refilled by one token per interval, so that a flood does not use up the requests of others.
 *
 * @param nowSeconds a monotonic clock
 */
export function createRateLimit(
  { intervalSeconds, burst }: RateLimit,
  nowSeconds: () => number,
): (client: string) => boolean {
  /** Least recently used first. */
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

/**
 * The network a client is identified by: an IPv4 address, or the /64 of an IPv6 address, since one host may use all of it.
 *
 * @param address as a socket has it, such as `2001:db8::7`, `fe80::1%eno1` or `::ffff:192.0.2.1`
 */
export function clientNetwork(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || !isIPv6(address)) {
    return mapped ?? address;
  }
  return `${ipv6Groups(address).slice(0, 4).join(':')}::/64`;
}
