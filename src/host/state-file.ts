import { constants } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import { SourceError } from '../model/errors.ts';
import type { StateFile } from './host.ts';
import { readSmallFile } from './small-file.ts';
import { errorCode } from './system-error.ts';

/**
 * Keeps state in a file. It is written under one fixed other name, synced and renamed: a process killed in between
 * leaves at most one such file behind, where a library with random names would leave one for each kill.
 */
export function createStateFile(path: string): StateFile {
  const writing = async (operation: () => Promise<void>): Promise<void> => {
    try {
      await operation();
    } catch (error) {
      throw new SourceError(
        'failed',
        `cannot write ${JSON.stringify(path)}: ${errorCode(error) ?? String(error)}`,
        { cause: error },
      );
    }
  };
  return {
    read: async () => {
      try {
        return await readSmallFile(path);
      } catch (error) {
        if (error instanceof SourceError && error.reason === 'absent') {
          return undefined;
        }
        throw error;
      }
    },
    write: async (content) =>
      writing(async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o755 });
        await writeSynced(`${path}.new`, content);
        await rename(`${path}.new`, path);
        await syncDirectory(dirname(path));
      }),
    setAside: async () => writing(async () => rename(path, `${path}.bad`)),
  };
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself survive. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
