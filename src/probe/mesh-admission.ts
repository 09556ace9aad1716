import type { MeshTiming } from './mesh-plan.ts';
import { probesPerSlot } from './mesh-plan.ts';

/** One measurement after another from the same address is one probe. */
const sameProbeSeconds = 10;
const maxTokens = 2;

/**
 * Makes the function that says whether to take part in a measurement that an address asks for: no more often than a mesh of
 * this timing has it, however many nodes repeat their probes.
 */
export function createMeshAdmission(
  { slotSeconds }: MeshTiming,
  now: () => number = () => performance.now() / 1000,
): (address: string) => boolean {
  const admittedAt = new Map<string, number>();
  let tokens = maxTokens;
  let filledAt = now();
  return (address) => {
    const time = now();
    tokens = Math.min(maxTokens, tokens + ((time - filledAt) / slotSeconds) * probesPerSlot);
    filledAt = time;
    for (const [known, at] of admittedAt) {
      if (time - at > sameProbeSeconds) {
        admittedAt.delete(known);
      }
    }
    if (!admittedAt.has(address)) {
      if (tokens < 1) {
        return false;
      }
      tokens -= 1;
    }
    admittedAt.set(address, time);
    return true;
  };
}
