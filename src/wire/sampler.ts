import type { Host } from '../host/host.ts';
import type { TunnelFilterOptions } from '../parsers/tunnel-filter.ts';
import { inspectTunnelPacket } from '../parsers/tunnel-packet.ts';
import type { PacketResult } from '../parsers/tunnel-packet.ts';
import { createSourceTable } from './sources.ts';
import type { SourceCounts } from './sources.ts';

/** Values of the label `result`; `unreadable` is what the kernel cannot describe. */
type SampleResult = PacketResult | 'unreadable';

export interface SamplerOptions {
  readonly openPacketSocket: NonNullable<Host['openPacketSocket']>;
  readonly interfaceIndex: number;
  /** Samples a second to come near to. */
  readonly rate: number;
  readonly maxSources: number;
  /** What of the filter does not follow the traffic. */
  readonly filter: () => Omit<TunnelFilterOptions, 'oneOf'>;
}

/** Samples the packets in tunnels that one device receives. */
export interface Sampler {
  /** Reads and verifies what was sampled since; to be called four times a second. */
  read(nowSeconds: number): void;
  /** Applies the filter anew. */
  refreshFilter(): void;
  state(): SamplerState;
  close(): void;
}

export interface SamplerState {
  readonly samples: Readonly<Record<SampleResult, number>>;
  readonly sources: readonly SourceCounts[];
  /** One of so many packets is sampled. */
  readonly oneOf: number;
  readonly lost: number;
  readonly lastSampleTimestampSeconds: number | undefined;
}

/** Comes down quickly where there is little traffic, and nothing is flooded where there is much. */
const firstOneOf = 64;
const maxOneOf = 2 ** 20;
/** It follows the traffic so often, by so much at most where there is less, and not when it is near enough. */
const adjustSeconds = 1;
const readSeconds = 0.25;
const maxDecrease = 4;
const tolerance = 1.3;
/** What is read at once, of the samples a second: more is left for the next time, or lost. */
const maxShareOfRate = 0.5;

/** @throws {SourceError} when there is no socket to be had. */
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

  /** @returns how many samples there were. */
  const drain = (): number => {
    let count = 0;
    while (count < maxPackets) {
      const packet = socket.receive();
      if (packet === undefined) {
        break;
      }
      if (packet === 'down') {
        // What was queued before is still there.
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
