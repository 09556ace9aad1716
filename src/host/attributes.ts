import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import { sourceErrorFrom } from './system-error.ts';

/** A sysfs attribute is at most a page. */
const attributeBytes = 4096;
/** What there is of a device is looked up again after this long: only new queues can change it. */
const rememberedMilliseconds = 15_000;

/** Where a device's attributes are, and which device it is. */
export interface AttributeSource {
  readonly label: string;
  readonly path: Buffer;
  readonly interfaceIndex: number;
}

/** Reads attributes of devices that never wait for a lock. Both throw a SourceError. */
export interface AttributeReader {
  read(device: string, attribute: string): string;
  list(device: string, directory: string): readonly string[];
  /** Tells which devices there are now. What belongs to others is closed. */
  follow(sources: readonly AttributeSource[]): void;
}

interface OpenDevice {
  readonly source: AttributeSource;
  readonly files: Map<string, number>;
  lookups: Lookups;
}

/** What was found to be there and not to be there. */
interface Lookups {
  readonly madeAtMilliseconds: number;
  readonly directories: Map<string, readonly string[]>;
  readonly absent: Map<string, SourceError>;
}

/**
 * Makes a reader that keeps the files it reads open: reading one again then costs a tenth. A file stays that of its
 * device even when another device takes its name, so a device whose index has changed is opened anew. What a directory
 * holds, and what is not there, is looked up anew when a read fails, and after a while.
 *
 * Everything happens in the caller's own turn, which only attributes permit that the kernel answers from memory: counters
 * and flags, but not `carrier` and `speed`.
 */
export function createAttributeReader(
  nowMilliseconds: () => number = () => performance.now(),
): AttributeReader {
  const buffer = Buffer.alloc(attributeBytes);
  let devices: ReadonlyMap<string, OpenDevice> = new Map();

  const deviceOf = (label: string): OpenDevice => {
    const device = devices.get(label);
    if (device === undefined) {
      throw new SourceError('absent', `there is no device ${JSON.stringify(label)}`);
    }
    if (nowMilliseconds() - device.lookups.madeAtMilliseconds > rememberedMilliseconds) {
      device.lookups = noLookups(nowMilliseconds());
    }
    return device;
  };

  const readOpen = ({ source, files }: OpenDevice, attribute: string): string => {
    const file = files.get(attribute) ?? openSync(join(source.path, attribute), 'r');
    files.set(attribute, file);
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, attributeBytes, 0));
  };

  return {
    read: (label, attribute) => {
      const device = deviceOf(label);
      const absence = device.lookups.absent.get(attribute);
      if (absence !== undefined) {
        throw absence;
      }
      const wasThere = device.files.has(attribute);
      try {
        return readOpen(device, attribute);
      } catch (cause) {
        close(device.files, attribute);
        const error = sourceErrorFrom(cause, join(device.source.path, attribute).toString());
        if (wasThere) {
          device.lookups = noLookups(nowMilliseconds());
        } else if (error.reason === 'absent') {
          device.lookups.absent.set(attribute, error);
        }
        throw error;
      }
    },
    list: (label, directory) => {
      const { source, lookups } = deviceOf(label);
      const known = lookups.directories.get(directory);
      if (known !== undefined) {
        return known;
      }
      const path = join(source.path, directory);
      try {
        const names = readdirSync(path);
        lookups.directories.set(directory, names);
        return names;
      } catch (error) {
        throw sourceErrorFrom(error, path.toString());
      }
    },
    follow: (sources) => {
      const next = new Map(
        sources.map((source) => {
          const open = devices.get(source.label);
          return [
            source.label,
            open?.source.interfaceIndex === source.interfaceIndex
              ? open
              : {
                  source,
                  files: new Map<string, number>(),
                  lookups: noLookups(nowMilliseconds()),
                },
          ];
        }),
      );
      for (const [label, device] of devices) {
        if (next.get(label) !== device) {
          for (const attribute of device.files.keys()) {
            close(device.files, attribute);
          }
        }
      }
      devices = next;
    },
  };
}

function noLookups(madeAtMilliseconds: number): Lookups {
  return { madeAtMilliseconds, directories: new Map(), absent: new Map() };
}

function join(path: Buffer, name: string): Buffer {
  return Buffer.concat([path, Buffer.from(`/${name}`)]);
}

function close(files: Map<string, number>, attribute: string): void {
  const file = files.get(attribute);
  files.delete(attribute);
  if (file !== undefined) {
    closeSync(file);
  }
}
