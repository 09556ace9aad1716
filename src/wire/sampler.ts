import type { Host } from '../host/host.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import { inspectTunnelPacket } from '../parsers/tunnel-packet.ts';
import type { PacketResult } from '../parsers/tunnel-packet.ts';
import { createSourceTable } from './sources.ts';
import type { SourceCounts } from './sources.ts';

/** Values of the label `result`; `unreadable` if the kernel cannot describe the packet. */
type SampleResult = PacketResult | 'unreadable';

export interface SamplerOptions {
  readonly openPacketSocket: NonNullable<Host['openPacketSocket']>;
  readonly interfaceIndex: number;
  /** Target samples per second. */
  readonly rate: number;
  readonly maxSources: number;
  /** The constant options of the filter. */
  readonly filter: () => Omit<TunnelFilterOptions, 'oneOf'>;
}

/** Samples the tunnel packets that one device receives. */
export interface Sampler {
  /** Reads and verifies new samples; to be called four times a second. */
  read(nowSeconds: number): void;
  /** Replaces the filter. */
  refreshFilter(): void;
  state(): SamplerState;
  close(): void;
}

export interface SamplerState {
  readonly samples: Readonly<Record<SampleResult, number>>;
  readonly sources: readonly SourceCounts[];
  /** One in this many packets is sampled. */
  readonly oneOf: number;
  readonly lost: number;
  readonly lastSampleTimestampSeconds: number | undefined;
}

/** Initial ratio: adapts quickly to little traffic, and is not flooded by much. */
const firstOneOf = 64;
const maxOneOf = 2 ** 20;
/** Interval of adapting to the traffic, max factor for less traffic, and tolerance. */
const adjustSeconds = 1;
const readSeconds = 0.25;
const maxDecrease = 4;
const tolerance = 1.3;
/** Max share of a second's samples per read: the rest is read next time, or lost. */
const maxShareOfRate = 0.5;

/** @throws {SourceError} when no socket can be opened. */
export function createSampler({
  openPacketSocket,
  interfaceIndex,
  rate,
  maxSources,
  filter,
}: SamplerOptions): Sampler {
  let oneOf = firstOneOf;
  const socket = openPacketSocket(interfaceIndex, { ...filter(), oneOf });
  const sources = createSourceTable(maxSources);
  const samples: Record<SampleResult, number> = {
    good: 0,
    bad: 0,
    merged: 0,
    not_ready: 0,
    unchecked: 0,
    ipv6_without_checksum: 0,
    malformed: 0,
    unreadable: 0,
  };
  const maxPackets = Math.ceil(rate * maxShareOfRate);
  let lost = 0;
  let lastSampleTimestampSeconds: number | undefined;
  let adjustedAt: number | undefined;
  let sampledSince = 0;

  /** @returns the number of samples. */
  const drain = (): number => {
    let count = 0;
    while (count < maxPackets) {
      const packet = socket.receive();
      if (packet === undefined) {
        break;
      }
      if (packet === 'down') {
        // Packets queued before are still there.
        continue;
      }
      count += 1;
      if (packet === 'unreadable') {
        samples[packet] += 1;
      } else {
        const inspected = inspectTunnelPacket(packet);
        samples[inspected.result] += 1;
        sources.count(inspected);
      }
    }
    return count;
  };

  const adjust = (samplesPerSecond: number): void => {
    const share = samplesPerSecond / rate;
    if (share < tolerance && share > 1 / tolerance) {
      return;
    }
    const wanted = Math.round(oneOf * Math.max(share, 1 / maxDecrease));
    const next = Math.min(Math.max(wanted, 1), maxOneOf);
    if (next !== oneOf && socket.setFilter({ ...filter(), oneOf: next })) {
      oneOf = next;
    }
  };

  return {
    read: (nowSeconds) => {
      const count = drain();
      if (count > 0) {
        lastSampleTimestampSeconds = nowSeconds;
      }
      sampledSince += count;
      adjustedAt ??= nowSeconds;
      const seconds = nowSeconds - adjustedAt;
      if (seconds >= adjustSeconds || count === maxPackets) {
        const newlyLost = socket.takeLost();
        lost += newlyLost;
        adjust((sampledSince + newlyLost) / Math.max(seconds, readSeconds));
        adjustedAt = nowSeconds;
        sampledSince = 0;
      }
    },
    refreshFilter: () => {
      socket.setFilter({ ...filter(), oneOf });
    },
    state: () => ({
      samples,
      sources: sources.rank(),
      oneOf,
      lost,
      lastSampleTimestampSeconds,
    }),
    close: socket.close,
  };
}
