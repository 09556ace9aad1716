import type { RateLimit } from './web-config.ts';

/**
 * Makes the function that says whether one more request may be answered: a bucket of `burst` tokens that gets one more
 * each interval.
 *
 * @param nowSeconds a clock that never goes back
 */
export function createRateLimit(
  { intervalSeconds, burst }: RateLimit,
  nowSeconds: () => number,
): () => boolean {
  let tokens = burst;
  let filledAt = nowSeconds();
  return () => {
    const now = nowSeconds();
    tokens = Math.min(burst, tokens + (now - filledAt) / intervalSeconds);
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  };
}
