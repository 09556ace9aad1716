import type { InspectedPacket, TunnelLayer } from '../parsers/tunnel-packet.ts';

/** What came from one source, in packets. */
export interface SourceCounts {
  /** Undefined for all sources that are not tracked. */
  readonly address: string | undefined;
  readonly checked: number;
  readonly bad: Readonly<Record<TunnelLayer, number>>;
}

export interface SourceTable {
  count(packet: InspectedPacket): void;
  /** Tracks the sources that rank highest, then gives the tracked ones, and all others as one. */
  rank(): readonly SourceCounts[];
}

/** So many addresses are remembered: forged ones push each other out, and none that is seen again and again. */
const maxCandidates = 1024;
/** Of two sources without bad packets, the busier one is tracked only where it is by so much. */
const busierFactor = 2;

interface Candidate {
  readonly address: string;
  /** What it ranks by. */
  checked: number;
  bad: number;
  /** Whether it was seen since it was passed over. */
  isSeen: boolean;
  isTracked: boolean;
  /** What is its own; given at 0 first when it is tracked. */
  counts: Counts;
  /** What was counted since it was ranked last, while it was not tracked. */
  pending: Counts;
}

interface Counts {
  checked: number;
  readonly bad: Record<TunnelLayer, number>;
}

/**
 * Counts packets by source, for few of the sources: by how many bad packets they sent, then by how many at all. What others
 * sent counts for all of them together. A source is at 0 when it is tracked first and has what it sent one ranking later;
 * nothing counts twice, and memory is bounded however many addresses are forged.
 */
export function createSourceTable(maxSources: number): SourceTable {
  /** The one that was passed over longest ago first. */
  const candidates = new Map<string, Candidate>();
  let others = noCounts();

  const evictOne = (): void => {
    for (const [address, candidate] of candidates) {
      candidates.delete(address);
      if (!candidate.isSeen && !candidate.isTracked) {
        others = plus(others, candidate.pending);
        return;
      }
      candidate.isSeen = false;
      candidates.set(address, candidate);
    }
  };

  const add = (address: string): Candidate => {
    if (candidates.size >= maxCandidates) {
      evictOne();
    }
    const candidate = {
      address,
      checked: 0,
      bad: 0,
      isSeen: false,
      isTracked: false,
      counts: noCounts(),
      pending: noCounts(),
    };
    candidates.set(address, candidate);
    return candidate;
  };

  return {
    count: ({ source, result, badLayer, packets }) => {
      if (source === undefined || !isChecked(result)) {
        return;
      }
      const known = candidates.get(source);
      const candidate = known ?? add(source);
      candidate.isSeen = known !== undefined;
      const counts = candidate.isTracked ? candidate.counts : candidate.pending;
      candidate.checked += packets;
      counts.checked += packets;
      if (badLayer !== undefined) {
        candidate.bad += packets;
        counts.bad[badLayer] += packets;
      }
    },
    rank: () => {
      const ranked = [...candidates.values()].toSorted(byRank);
      const tracked = ranked.filter(({ isTracked }) => isTracked);
      for (const candidate of ranked) {
        if (candidate.isTracked) {
          continue;
        }
        const last = tracked.length < maxSources ? undefined : tracked.at(-1);
        if (last !== undefined && !outranks(candidate, last)) {
          break;
        }
        if (last !== undefined) {
          last.isTracked = false;
          tracked.pop();
        }
        candidate.isTracked = true;
        tracked.push(candidate);
        tracked.sort(byRank);
      }
      const given = tracked.map(({ address, counts }) => ({ address, ...counts }));
      for (const candidate of ranked.filter(({ pending }) => pending.checked > 0)) {
        if (candidate.isTracked) {
          candidate.counts = plus(candidate.counts, candidate.pending);
        } else {
          others = plus(others, candidate.pending);
        }
        candidate.pending = noCounts();
      }
      return [...given, { address: undefined, ...others }];
    },
  };
}

function isChecked(result: InspectedPacket['result']): boolean {
  return result === 'good' || result === 'bad' || result === 'merged';
}

function byRank(one: Candidate, other: Candidate): number {
  return other.bad - one.bad || other.checked - one.checked;
}

function outranks(candidate: Candidate, tracked: Candidate): boolean {
  return (
    candidate.bad > tracked.bad ||
    (candidate.bad === tracked.bad && candidate.checked > busierFactor * tracked.checked)
  );
}

function plus(one: Counts, other: Counts): Counts {
  return {
    checked: one.checked + other.checked,
    bad: {
      outer: one.bad.outer + other.bad.outer,
      inner: one.bad.inner + other.bad.inner,
    },
  };
}

function noCounts(): Counts {
  return { checked: 0, bad: { outer: 0, inner: 0 } };
}
