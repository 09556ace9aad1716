import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';

import { errorCode } from './system-error.ts';

/** What changes when a file is written or replaced, and costs less than reading it. A file that is not there has one too. */
export async function fileSignature(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

/** Whether every user of the machine may read a file, as its mode, such as `0644`; undefined where not, or where there is no such file. */
export async function worldReadableMode(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    return (mode & constants.S_IROTH) === 0 ? undefined : `0${(mode & 0o7777).toString(8)}`;
  } catch {
    // Whoever reads it says so.
    return undefined;
  }
}
