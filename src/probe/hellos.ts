/** Max difference between the clocks of two nodes. */
const maxSkewMilliseconds = 5 * 60_000;
/** Max cached hellos: only authentic ones are cached. */
const maxHellos = 16_384;

/** A cache of the hellos of the last minutes. */
export interface Hellos {
  /** Whether an authentic hello is new. */
  isNew(nonce: Buffer, timeMilliseconds: number): boolean;
}

/** Creates the cache, which detects replayed hellos by their nonce while their timestamp is acceptable. */
export function createHellos(now: () => number = Date.now): Hellos {
  /** Expiry by nonce, in the order of arrival. */
  const expiry = new Map<string, number>();
  return {
    isNew: (nonce, time) => {
      const current = now();
      for (const [known, expiresAt] of expiry) {
        if (expiresAt >= current) {
          break;
        }
        expiry.delete(known);
      }
      const key = nonce.toString('latin1');
      if (
        !(Math.abs(current - time) <= maxSkewMilliseconds) ||
        expiry.has(key) ||
        expiry.size >= maxHellos
      ) {
        return false;
      }
      // A hello from a clock that is ahead is acceptable for longer.
      expiry.set(key, current + 2 * maxSkewMilliseconds);
      return true;
    },
  };
}
