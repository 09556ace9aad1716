/** How far the clocks of two nodes may be apart. */
const maxSkewMilliseconds = 5 * 60_000;
/** Only those with the secret make one that is kept. */
const maxHellos = 16_384;

/** Remembers the hellos of the last minutes. */
export interface Hellos {
  /** Whether a hello is new. Asked only about authentic ones. */
  isNew(nonce: Buffer, timeMilliseconds: number): boolean;
}

/** Tells new hellos from repeated ones, by the nonce as long as its time is acceptable. */
export function createHellos(now: () => number = Date.now): Hellos {
  /** When each can be forgotten, in the order in which they came. */
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
      // One from a clock that is ahead is acceptable for as much longer.
      expiry.set(key, current + 2 * maxSkewMilliseconds);
      return true;
    },
  };
}
