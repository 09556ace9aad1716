import { once } from 'node:events';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

import type { Libc } from './libc.ts';
import { errorCode } from './system-error.ts';

/** Locks a directory until this process exits. @returns false if another process holds the lock. */
export type LockDirectory = (path: string) => Promise<boolean>;

/**
 * Creates the function that locks directories: with flock(2), or, without the C library, with an abstract socket, which is
 * visible only in one network namespace. Neither leaves a file behind.
 *
 * @see flock(2), unix(7)
 */
export function createDirectoryLock(libc: Pick<Libc, 'flock'> | undefined): LockDirectory {
  /** By directory. Keeping the handle keeps the lock. */
  const held = new Map<string, FileHandle | Server>();

  const lockWith = async ({ flock }: Pick<Libc, 'flock'>, path: string): Promise<boolean> => {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    const error = await flock(directory.fd);
    if (error === 'EAGAIN' || error === 'EWOULDBLOCK') {
      await directory.close();
      return false;
    }
    // A file system without locks is no reason to lose the counts.
    held.set(path, directory);
    return true;
  };

  const bindName = async (path: string): Promise<boolean> => {
    const { dev, ino } = await stat(path);
    const server = createServer().unref().listen(`\0nicwatch ${dev} ${ino}`);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE') {
        return false;
      }
      throw error;
    }
    held.set(path, server);
    return true;
  };

  /** Those that are being taken: two locks of one process would exclude each other. */
  const taking = new Map<string, Promise<boolean>>();
  return async (path) => {
    if (held.has(path)) {
      return true;
    }
    const lock = taking.get(path) ?? (libc === undefined ? bindName(path) : lockWith(libc, path));
    taking.set(path, lock);
    return lock.finally(() => {
      taking.delete(path);
    });
  };
}
