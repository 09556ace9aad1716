import { constants, gzipSync } from 'node:zlib';

import type { Snapshot } from '../agent/snapshot.ts';
import { createPartsRenderer } from '../metrics/exposition.ts';
import { selectedFamilies } from './selection.ts';
import type { Selection } from './selection.ts';

/** So that the place need not be a new one whenever a number has a digit more. */
const spareRoom = 1.25;

/** The text of one scrape, and the same compressed. */
export interface Exposition {
  text(): Promise<Buffer>;
  compressed(): Promise<Buffer>;
}

/** Gives the exposition of what a scrape asks for. */
export type RenderSnapshot = (snapshot: Snapshot, selection: Selection) => Exposition;

/** Makes the function that renders a snapshot once and serves it to as many scrapes as come for all of it. */
export function createSnapshotRenderer(): RenderSnapshot {
  const render = createPartsRenderer();
  const known = new WeakMap<Snapshot, Exposition>();
  const join = createJoiner();

  const expositionOf = (snapshot: Snapshot, selection: Selection): Exposition => {
    const parts = once(async () => render(selectedFamilies(snapshot, selection)));
    return {
      text: once(async () => Buffer.from(join(await parts()))),
      compressed: once(async () =>
        // In this very turn: the pool's threads may all be waiting for a NIC in trouble. At the fastest level, since the
        // text is repetitive enough to shrink to a tenth all the same.
        gzipSync(join(await parts()), { level: constants.Z_BEST_SPEED }),
      ),
    };
  };

  return (snapshot, selection) => {
    if (selection.collect.length > 0 || selection.exclude.length > 0) {
      return expositionOf(snapshot, selection);
    }
    const exposition = known.get(snapshot) ?? expositionOf(snapshot, selection);
    known.set(snapshot, exposition);
    return exposition;
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return async () => {
    made ??= make();
    return made;
  };
}

/**
 * Makes the function that puts parts together, in one place that is used again: texts of this size, a new one for each
 * poll, would make the heap grow. What it gives is valid until it is called again.
 */
function createJoiner(): (parts: readonly string[]) => Buffer {
  let place = Buffer.alloc(0);
  return (parts) => {
    const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    if (length > place.length) {
      place = Buffer.allocUnsafeSlow(Math.ceil(length * spareRoom));
    }
    let end = 0;
    for (const part of parts) {
      end += place.write(part, end);
    }
    return place.subarray(0, end);
  };
}
