import type { InspectedPacket, TunnelLayer } from '../parsers/tunnel-packet.ts';

/** Packets of one source. */
export interface SourceCounts {
  /** Undefined for the sum of untracked sources. */
  readonly address: string | undefined;
  readonly checked: number;
  readonly bad: Readonly<Record<TunnelLayer, number>>;
}

export interface SourceTable {
  count(packet: InspectedPacket): void;
  /** Tracks the highest-ranking sources, and returns them and the sum of all others. */
  rank(): readonly SourceCounts[];
}

/** Max cached addresses: forged ones evict each other, not an address that keeps sending. */
const maxCandidates = 1024;
/** Min factor by which a busier source without bad packets replaces a tracked one. */
const busierFactor = 2;

interface Candidate {
  readonly address: string;
  /** Ranking keys. */
  checked: number;
  bad: number;
  /** Whether it was seen since the last eviction pass. */
  isSeen: boolean;
  isTracked: boolean;
  /** Its own counts; first returned at 0 when tracking starts. */
  counts: Counts;
  /** Counts since the last ranking, while it was untracked. */
  pending: Counts;
}

interface Counts {
  checked: number;
  readonly bad: Record<TunnelLayer, number>;
}

/**
 * Counts packets by source, for a few sources: those with the most bad packets, then with the most packets. The packets of
 * others are summed. A source starts at 0 when tracking starts, and includes its earlier packets one ranking later;
 * nothing is counted twice, and memory is bounded for any number of forged addresses.
 */
export function createSourceTable(maxSources: number): SourceTable {
  /** Least recently passed over first. */
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
