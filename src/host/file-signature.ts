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
