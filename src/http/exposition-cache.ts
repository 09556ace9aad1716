import { constants, gzipSync } from 'node:zlib';

import type { Snapshot } from '../agent/snapshot.ts';
import { createExpositionRenderer } from '../metrics/exposition.ts';
import { selectedFamilies } from './selection.ts';
import type { Selection } from './selection.ts';

/** The text of one scrape, and the same compressed. */
export interface Exposition {
  text(): Promise<Buffer>;
  compressed(): Promise<Buffer>;
}

/** Gives the exposition of what a scrape asks for. */
export type RenderSnapshot = (snapshot: Snapshot, selection: Selection) => Exposition;

/** Makes the function that renders a snapshot once and serves it to as many scrapes as come for all of it. */
export function createSnapshotRenderer(): RenderSnapshot {
  const render = createExpositionRenderer();
  const known = new WeakMap<Snapshot, Exposition>();

  const expositionOf = (snapshot: Snapshot, selection: Selection): Exposition => {
    const text = async (): Promise<Buffer> => render(selectedFamilies(snapshot, selection));
    return {
      text: once(text),
      compressed: once(async () =>
        // In this very turn: the pool's threads may all be waiting for a NIC in trouble. At the fastest level, since the
        // text is repetitive enough to shrink to a tenth all the same. The text is not kept: of many devices it is large,
        // and what lives from one scrape to the next makes V8 collect the whole heap.
        gzipSync(await text(), { level: constants.Z_BEST_SPEED }),
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
