import { readlink } from 'node:fs/promises';

import { SourceError } from '../model/errors.ts';

const maxLinks = 40;

/**
 * Resolves the symbolic links of a path below another root, absolute ones too, as if that were the root.
 *
 * @returns the path, which may not exist.
 * @throws {SourceError} for a loop of links.
 */
export async function resolveBelow(rootfs: string, path: string): Promise<string> {
  const root = rootfs.replace(/\/+$/, '');
  let waiting = path.split('/');
  let resolved: string[] = [];
  for (let links = 0; waiting.length > 0;) {
    const [part = '', ...rest] = waiting;
    waiting = rest;
    if (part === '..') {
      resolved = resolved.slice(0, -1);
    }
    if (part === '' || part === '.' || part === '..') {
      continue;
    }
    const target = await linkTarget(`${root}/${[...resolved, part].join('/')}`);
    if (target === undefined) {
      resolved = [...resolved, part];
      continue;
    }
    links += 1;
    if (links > maxLinks) {
      throw new SourceError('failed', `too many links on the way to ${JSON.stringify(path)}`);
    }
    resolved = target.startsWith('/') ? [] : resolved;
    waiting = [...target.split('/'), ...waiting];
  }
  return `${root}/${resolved.join('/')}`;
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch {
    // Not a link, or an error that reading the file reports.
    return undefined;
  }
}
