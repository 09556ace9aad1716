import { constants, gzipSync } from 'node:zlib';

import type { Snapshot } from '../agent/snapshot.ts';
import { createExpositionRenderer } from '../metrics/exposition.ts';
import type { ExpositionFormat } from '../metrics/exposition.ts';
import { selectedFamilies } from './selection.ts';
import type { Selection } from './selection.ts';

/** The text of one scrape, plain and compressed. */
interface Exposition {
  text(): Promise<Buffer>;
  compressed(): Promise<Buffer>;
}

/** Renders the families that a scrape selects. */
export type RenderSnapshot = (snapshot: Snapshot, options: SnapshotOptions) => Exposition;

interface SnapshotOptions {
  readonly selection: Selection;
  readonly format: ExpositionFormat;
}

/** Makes the function that renders a snapshot; the exposition of a whole snapshot is cached for each format. */
export function createSnapshotRenderer(): RenderSnapshot {
  const render = createExpositionRenderer();
  const caches = {
    text: new WeakMap<Snapshot, Exposition>(),
    openMetrics: new WeakMap<Snapshot, Exposition>(),
  };

  const expositionOf: RenderSnapshot = (snapshot, { selection, format }) => {
    const text = async (): Promise<Buffer> => render(selectedFamilies(snapshot, selection), format);
    return {
      text: once(text),
      compressed: once(async () =>
        // Synchronously: all threads of the pool may be blocked by drivers. At the fastest level, which compresses the
        // repetitive text to a tenth as well. The plain text is not cached: it is large, and objects that live from one
        // scrape to the next make V8 collect the whole heap.
        gzipSync(await text(), { level: constants.Z_BEST_SPEED }),
      ),
    };
  };

  return (snapshot, options) => {
    const { selection, format } = options;
    if (selection.collect.length > 0 || selection.exclude.length > 0) {
      return expositionOf(snapshot, options);
    }
    const cache = caches[format];
    const exposition = cache.get(snapshot) ?? expositionOf(snapshot, options);
    cache.set(snapshot, exposition);
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
