import { createHash } from 'node:crypto';

/** Bytes of a TCP probe in each direction. */
export const bulkBytes: number = 256 * 1024;
/**
 * What a node sends in a slot at most, and receives, with all headers and a tunnel's: one probe of its own and one of the peer
 * that probes it, both in both directions.
 */
const slotBytes = 650_000;
/** Slots that share one extra probe. */
const slotsPerExtra = 3;
/** Probes that a node makes in a slot, and that it answers, on average at most. */
export const probesPerSlot: number = 1 + 1 / slotsPerExtra;
/** The last moment to start, and the time a probe has then, as parts of a slot. */
const startShare = 0.25;
const deadlineShare = 0.75;

/** When the nodes of a mesh probe: all of them compute the same one from the same rate. */
export interface MeshTiming {
  /** Each node probes one peer in a slot, and is probed by one. */
  readonly slotSeconds: number;
  /** How long a probe may take. */
  readonly deadlineSeconds: number;
}

/** The timing at which no node sends, or receives, more than so much. */
export function meshTiming(kilobitsPerSecond: number): MeshTiming {
  const slotSeconds = (slotBytes * 8 * probesPerSlot) / (kilobitsPerSecond * 1000);
  return {
    slotSeconds,
    deadlineSeconds: slotSeconds * deadlineShare,
  };
}

/** How long it takes until every ordered pair is probed: each probe measures both directions. */
export function sweepSeconds(nodes: number, { slotSeconds }: MeshTiming): number {
  return slotsOfSweep(nodes) * slotSeconds;
}

function slotsOfSweep(nodes: number): number {
  return Math.floor(nodes / 2);
}

/**
 * Makes the function that says which peer a node probes in a slot, counted from the epoch; undefined if it has none.
 *
 * In each slot all nodes look equally far along the ring of sorted addresses, so each is probed by exactly one other, and no
 * coordinator is needed. Half of the distances cover every pair; in every other sweep the nodes look backwards, so that each
 * pair is also probed from its other end.
 *
 * @param own the address of this node; it need not be among them
 */
export function createRotation(
  addresses: readonly string[],
  own: string,
): (slot: number) => string | undefined {
  const ring = [...new Set([...addresses, own])].toSorted();
  const place = ring.indexOf(own);
  const distances = slotsOfSweep(ring.length);
  const stride = strideOf(distances);
  return (slot) => {
    if (distances === 0) {
      return undefined;
    }
    // Neighbours on the ring are neighbours in a rack: the next slot goes far away.
    const distance = 1 + ((slot * stride) % distances);
    const isBackwards = Math.floor(slot / distances) % 2 === 1;
    return ring[(place + (isBackwards ? ring.length - distance : distance)) % ring.length];
  };
}

/** A stride near the golden section that visits every distance. */
function strideOf(distances: number): number {
  let stride = Math.max(1, Math.round(distances * 0.618));
  while (greatestCommonDivisor(stride, distances) !== 1) {
    stride += 1;
  }
  return stride;
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}

/**
 * When a node starts its probe, in seconds since the start of the slot: at another moment in every slot, so that a thousand do
 * not start at once. Extra probes start as much later as half a slot.
 */
export function startInSlot(own: string, slot: number, { slotSeconds }: MeshTiming): number {
  return slotSeconds * startShare * fraction(`${own} ${slot}`);
}

/** Whether a node may make an extra probe in the second half of a slot: in one of three, not all nodes in the same one. */
export function hasExtraProbe(own: string, slot: number): boolean {
  return (slot + Math.floor(slotsPerExtra * fraction(own))) % slotsPerExtra === 0;
}

/** A number from 0 to below 1 that depends on nothing else. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
