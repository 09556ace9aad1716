import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { DescriptorBudget } from './descriptors.ts';
import { readAt } from './small-file.ts';
import { sourceErrorFrom } from './system-error.ts';

/** Max size of a sysfs attribute: a page. */
const attributeBytes = 4096;
/** Attributes that a driver answers hold one number. */
const numberBytes = 64;
/** TTL of directory listings and absent attributes: only new queues change them, whose counters begin at 0. */
const lookupTtlMilliseconds = 60_000;
/** A FIFO in place of an attribute must not block the process. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

const buffer = Buffer.alloc(attributeBytes);

/** Reads the attributes of one device, and owns its open descriptors. All methods throw a SourceError. */
export interface Attributes {
  /** Reads synchronously: only for attributes that the kernel answers from memory. */
  readNow(attribute: string): string;
  /** Reads off the main thread, for attributes that a driver answers or that wait for a lock. */
  read(attribute: string): Promise<string>;
  list(directory: string): readonly string[];
  close(): void;
}

export interface AttributesOptions {
  /** The current path of the device's directory. */
  readonly directory: () => Buffer;
  readonly descriptors: DescriptorBudget;
  /** While it is the same, the kernel has announced no change of the device. */
  readonly generation: () => number | undefined;
}

/**
 * Creates the reader of one device's attributes. It keeps files open within the descriptor budget: reading one again then
 * costs a tenth, and an open file belongs to its device even after another device takes the name. Directory listings and
 * absent attributes are cached until a read fails, the TTL expires, or the kernel announces a change of the device: one that
 * was looked up while it was being registered or renamed lacked them.
 */
export function createAttributes({
  directory,
  descriptors,
  generation,
}: AttributesOptions): Attributes {
  const files = new Map<string, number>();
  const directories = new Map<string, readonly string[]>();
  const absent = new Map<string, SourceError>();
  let lookupsExpireAt = 0;
  let lookupsGeneration: number | undefined;
  let readsInFlight = 0;
  let isClosed = false;

  const pathOf = (name: string): Buffer => Buffer.concat([directory(), Buffer.from(`/${name}`)]);

  const clearLookups = (): void => {
    directories.clear();
    absent.clear();
    lookupsExpireAt = performance.now() + lookupTtlMilliseconds;
    lookupsGeneration = generation();
  };

  const openAttribute = (
    attribute: string,
  ): { readonly file: number; readonly isKept: boolean } => {
    const kept = files.get(attribute);
    if (kept !== undefined) {
      return { file: kept, isKept: true };
    }
    const file = openSync(pathOf(attribute), openFlags);
    const isKept = !isClosed && descriptors.take();
    if (isKept) {
      files.set(attribute, file);
    }
    return { file, isKept };
  };

  const closeFile = (attribute: string): void => {
    const file = files.get(attribute);
    if (file !== undefined) {
      files.delete(attribute);
      descriptors.giveBack();
      closeSync(file);
    }
  };

  const closeFiles = (): void => {
    for (const attribute of files.keys()) {
      closeFile(attribute);
    }
  };

  /** Throws the cached error: most absent attributes stay absent. */
  const checkAbsent = (attribute: string): void => {
    if (performance.now() > lookupsExpireAt || generation() !== lookupsGeneration) {
      clearLookups();
    }
    const error = absent.get(attribute);
    if (error !== undefined) {
      throw error;
    }
  };

  const readOnce = (attribute: string): string => {
    checkAbsent(attribute);
    const { file, isKept } = openAttribute(attribute);
    try {
      return readText(file);
    } finally {
      if (!isKept) {
        closeSync(file);
      }
    }
  };

  const failure = (attribute: string, cause: unknown): SourceError => {
    const wasOpen = files.has(attribute);
    closeFile(attribute);
    const error = sourceErrorFrom(cause, pathOf(attribute).toString());
    if (wasOpen) {
      clearLookups();
    } else if (error.reason === 'absent') {
      absent.set(attribute, error);
    }
    return error;
  };

  return {
    readNow: (attribute) => {
      try {
        const kept = files.get(attribute);
        return kept === undefined ? readOnce(attribute) : readText(kept);
      } catch (cause) {
        throw cause instanceof SourceError ? cause : failure(attribute, cause);
      }
    },
    read: async (attribute) => {
      checkAbsent(attribute);
      try {
        const { file, isKept } = openAttribute(attribute);
        readsInFlight += 1;
        try {
          const bytes = await readAt(file, { position: 0, length: numberBytes });
          return bytes.toString('latin1');
        } finally {
          readsInFlight -= 1;
          if (!isKept) {
            closeSync(file);
          }
        }
      } catch (cause) {
        throw failure(attribute, cause);
      } finally {
        if (isClosed && readsInFlight === 0) {
          closeFiles();
        }
      }
    },
    list: (name) => {
      checkAbsent(name);
      const known = directories.get(name);
      if (known !== undefined) {
        return known;
      }
      try {
        const names = readdirSync(pathOf(name));
        directories.set(name, names);
        return names;
      } catch (cause) {
        throw failure(name, cause);
      }
    },
    close: () => {
      isClosed = true;
      // The number of a descriptor in use must not be reused for another file.
      if (readsInFlight === 0) {
        closeFiles();
      }
    },
  };
}

function readText(file: number): string {
  return buffer.toString('latin1', 0, readSync(file, buffer, 0, attributeBytes, 0));
}
