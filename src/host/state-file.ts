import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { createDeferred } from '../model/deferred.ts';
import { SourceError, assertSourceError } from '../model/errors.ts';
import type { RunCommand } from './command.ts';
import type { LockDirectory } from './directory-lock.ts';
import type { StateFile } from './host.ts';
import { readSmallFile } from './small-file.ts';
import { errorCode } from './system-error.ts';

/** Timeout of the disk. */
const defaultDeadlineMilliseconds = 3000;
/** How long after a write the next one needs no trial: during a flood of events there are ten per second. */
const trustMilliseconds = 1000;

export interface StateFileOptions {
  readonly lockDirectory: LockDirectory;
  readonly runCommand: RunCommand;
  readonly deadlineMilliseconds?: number;
}

/** State of a process that keeps none. */
export const noState: StateFile = {
  claim: async () => {},
  read: async () => undefined,
  write: async () => {},
  setAside: async () => {},
};

/**
 * Keeps state in a file. It is written under a fixed temporary name, synced and renamed: a process killed in between
 * leaves at most one such file, not one per kill as with random names.
 *
 * An operation times out at the deadline; until it has returned, every other fails at once.
 */
export function createStateFile(
  path: string,
  {
    lockDirectory,
    runCommand,
    deadlineMilliseconds = defaultDeadlineMilliseconds,
  }: StateFileOptions,
): StateFile {
  const directory = dirname(path);
  let isBusy = false;
  /** When the disk last answered; it may hang by now. */
  let answeredAt = Number.NEGATIVE_INFINITY;

  const timeout = (): SourceError =>
    new SourceError(
      'timeout',
      `${JSON.stringify(path)}: no answer within ${deadlineMilliseconds} ms`,
    );

  const withinDeadline = async <Value>(operation: () => Promise<Value>): Promise<Value> => {
    if (isBusy) {
      throw timeout();
    }
    isBusy = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(timeout());
      }, deadlineMilliseconds);
    });
    const running = operation().finally(() => {
      isBusy = false;
      clearTimeout(timer);
    });
    return Promise.race([running, late]);
  };

  const writing = async (operation: () => Promise<void>): Promise<void> =>
    withinDeadline(async () => {
      try {
        if (performance.now() - answeredAt > trustMilliseconds) {
          await tryDirectory(directory, runCommand);
        }
        await operation();
        answeredAt = performance.now();
      } catch (error) {
        throw error instanceof SourceError
          ? error
          : new SourceError(
              'failed',
              `cannot write ${JSON.stringify(path)}: ${errorCode(error) ?? String(error)}`,
              { cause: error },
            );
      }
    });

  return {
    claim: async () =>
      writing(async () => {
        await makeDirectory(directory);
        if (!(await lockDirectory(directory))) {
          throw new SourceError(
            'failed',
            `${JSON.stringify(directory)} is in use by another process: the counts of this one do not survive it`,
          );
        }
      }),
    read: async () =>
      withinDeadline(async () => {
        try {
          return await readSmallFile(path);
        } catch (error) {
          assertSourceError(error, 'absent');
          return undefined;
        }
      }),
    write: async (content) =>
      writing(async () => {
        await makeDirectory(directory);
        await writeSynced(`${path}.new`, content);
        await rename(`${path}.new`, path);
        await syncDirectory(directory);
      }),
    setAside: async () => writing(async () => rename(path, `${path}.bad`)),
  };
}

/**
 * A write to a frozen file system blocks in the kernel, and then not even SIGKILL ends the process. So another process tries
 * first; other errors are reported by the next call.
 */
async function tryDirectory(path: string, runCommand: RunCommand): Promise<void> {
  for (const [command, ...argv] of [
    ['mkdir', '-p', '-m', '700', '--', path],
    // Of a directory that exists, mkdir writes nothing.
    ['touch', '-c', '--', path],
  ] as const) {
    await runCommand(command, argv).catch(() => {});
  }
}

/** The `recursive` of Node.js loops forever if a directory cannot be created in an existing parent, as in procfs. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) {
      await makeDirectory(dirname(path));
      await mkdir(path, { mode: 0o700 });
    } else if (errorCode(error) !== 'EEXIST') {
      throw error;
    }
  }
}

/** Removes an existing file first: a link would be followed, and a FIFO would block. */
async function writeSynced(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The files of one directory: that of the offload features is used once the other has claimed the directory for both. */
export function createStateFiles(
  directory: string,
  options: StateFileOptions,
): { readonly state: StateFile; readonly offloadState: StateFile } {
  const ledger = createStateFile(`${directory}/kernel-log.json`, options);
  const claimed = createDeferred();
  return {
    state: {
      ...ledger,
      claim: async () => {
        await ledger.claim();
        claimed.resolve();
      },
    },
    offloadState: {
      ...createStateFile(`${directory}/offloads.json`, options),
      claim: async () => claimed.promise,
    },
  };
}
