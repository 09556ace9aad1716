import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa, execaSync } from 'execa';

import { commandProblem } from './requirements.ts';

/** A file system of a test's own. */
export interface LoopDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** From now on whoever writes to it waits in the kernel, where not even SIGKILL ends him. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Thaws it where it is frozen, and deletes it. */
  delete(): Promise<void>;
}

/** Why tests that freeze a file system cannot run here; undefined when they can. */
export function loopDiskProblem(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'needs root';
  }
  const problem = commandProblem('mkfs.ext4', 'mount', 'fsfreeze');
  if (problem !== undefined) {
    return problem;
  }
  return execaSync('losetup', ['--find'], { reject: false }).failed
    ? 'needs a loop device'
    : undefined;
}

/** Makes a file system in a file and mounts it. */
export async function createLoopDisk(): Promise<LoopDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-disk-'));
  const image = join(folder, 'image');
  const path = join(folder, 'mounted');
  await execa('truncate', ['--size=16M', image]);
  await execa('mkfs.ext4', ['-q', image]);
  await execa('mkdir', [path]);
  await execa('mount', ['-o', 'loop', image, path]);
  return {
    path,
    freeze: async () => {
      await execa('fsfreeze', ['--freeze', path]);
    },
    thaw: async () => {
      await execa('fsfreeze', ['--unfreeze', path]);
    },
    delete: async () => {
      await execa('fsfreeze', ['--unfreeze', path], { reject: false });
      await execa('umount', [path]);
      rmSync(folder, { recursive: true });
    },
  };
}
