import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execaSync } from 'execa';
import { afterAll, describe, expect, test, vi } from 'vitest';

import type { StateFile } from './host.ts';
import { createDeferred } from '../model/deferred.ts';
import { createDirectoryLock } from './directory-lock.ts';
import { openLibc } from './libc.ts';
import { createStateFile } from './state-file.ts';
import type { StateFileOptions } from './state-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-state-file-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A state file without another holder, whose directory answers at once. */
function stateFile(path: string, options: Partial<StateFileOptions> = {}): StateFile {
  return createStateFile(path, {
    lockDirectory: async () => true,
    runCommand: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
    ...options,
  });
}

/** A path in a directory of its own, which holds nothing but these files. */
function pathIn(directory: string, files: Readonly<Record<string, string>> = {}): string {
  mkdirSync(join(folder, directory));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, directory, name), content);
  }
  return join(folder, directory, 'state.json');
}

/** A path below a regular file: not even root can write there. */
function unwritablePath(directory: string): string {
  return join(pathIn(directory, { 'state.json': 'a file' }), 'state.json');
}

describe('createStateFile() read()', () => {
  test('returns nothing if there is no file yet', async () => {
    expect(await stateFile(join(folder, 'not', 'there', 'state.json')).read()).toBe(undefined);
  });

  test('returns the written content', async () => {
    const path = pathIn('round-trip');
    await stateFile(path).write('{"é": "\0"}\n');
    expect(await stateFile(path).read()).toBe('{"é": "\0"}\n');
  });

  test('rejects a file above 1 MiB', async () => {
    const path = pathIn('huge', { 'state.json': 'x'.repeat(1024 * 1024 + 1) });
    await expect(stateFile(path).read()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringContaining(JSON.stringify(path)),
    });
  });

  test('rejects a directory', async () => {
    const path = pathIn('directory');
    mkdirSync(path);
    await expect(stateFile(path).read()).rejects.toMatchObject({ reason: 'failed' });
  });
});

describe('createStateFile() write()', () => {
  test('makes the directories it needs', async () => {
    const path = join(folder, 'new', 'and', 'below', 'state.json');
    await stateFile(path).write('content');
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('makes directories private', async () => {
    const path = join(folder, 'private', 'state.json');
    await stateFile(path).write('content');
    expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700);
  });

  test('does not follow an existing link', async () => {
    const path = pathIn('link', { other: 'of somebody else' });
    symlinkSync(join(folder, 'link', 'other'), `${path}.new`);
    await stateFile(path).write('content');
    expect(readFileSync(join(folder, 'link', 'other'), 'utf8')).toBe('of somebody else');
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(readdirSync(join(folder, 'link'))).toEqual(['other', 'state.json']);
  });

  test('is not blocked by an existing FIFO', async () => {
    const path = pathIn('fifo');
    execaSync('mkfifo', [`${path}.new`]);
    await stateFile(path).write('content');
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('syncs the file before it is renamed, and its directory after that', async () => {
    const path = pathIn('sync');
    const handle = await open(folder);
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    const synced: string[] = [];
    const sync = vi.spyOn(prototype, 'sync').mockImplementation(function (this: {
      readonly fd: number;
    }) {
      synced.push(readlinkSync(`/proc/self/fd/${this.fd}`), String(existsSync(path)));
    });
    try {
      await stateFile(path).write('content');
    } finally {
      sync.mockRestore();
    }
    expect(synced).toEqual([`${path}.new`, 'false', join(folder, 'sync'), 'true']);
  });

  test('replaces the old file', async () => {
    const path = pathIn('replace', { 'state.json': 'a longer content than the next' });
    const before = statSync(path).ino;
    await stateFile(path).write('next');
    expect(readFileSync(path, 'utf8')).toBe('next');
    expect(statSync(path).ino).not.toBe(before);
  });

  test('leaves no other file behind, even after a killed run', async () => {
    const path = pathIn('killed', { 'state.json.new': 'half of what was to be wri' });
    await stateFile(path).write('content');
    expect(readdirSync(join(folder, 'killed'))).toEqual(['state.json']);
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('keeps the old file if the new one cannot be written', async () => {
    const path = pathIn('keep', { 'state.json': 'old' });
    mkdirSync(`${path}.new`);
    await expect(stateFile(path).write('new')).rejects.toMatchObject({ reason: 'failed' });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test.each([
    ['below a file', unwritablePath('unwritable'), 'ENOTDIR'],
    ['far below a file', join(unwritablePath('very-unwritable'), 'state.json'), 'ENOTDIR'],
    ['in procfs', '/proc/nope/state.json', 'ENOENT'],
    ['far below procfs', '/proc/nope/below/state.json', 'ENOENT'],
  ])('says that it cannot write %s', async (_where, path, code) => {
    await expect(stateFile(path).write('content')).rejects.toMatchObject({
      name: 'SourceError',
      message: expect.stringContaining(JSON.stringify(path)),
      cause: expect.objectContaining({ code }),
    });
  });
});

describe('createStateFile() on a disk that does not answer', () => {
  test('times out, starts nothing else until the disk answers, and then writes', async () => {
    const path = pathIn('stuck');
    const back = createDeferred();
    const runCommand = vi.fn<StateFileOptions['runCommand']>(async () => {
      await back.promise;
      return { exitCode: 0, stdout: '', stderr: '' };
    });
    const state = stateFile(path, { runCommand, deadlineMilliseconds: 20 });
    const timeout = { name: 'SourceError', reason: 'timeout' };
    await expect(state.write('first')).rejects.toMatchObject({
      ...timeout,
      message: `${JSON.stringify(path)}: no answer within 20 ms`,
    });
    await expect(state.write('second')).rejects.toMatchObject(timeout);
    await expect(state.read()).rejects.toMatchObject(timeout);
    await expect(state.claim()).rejects.toMatchObject(timeout);
    expect(runCommand).toHaveBeenCalledTimes(1);

    back.resolve();
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe('first'), { timeout: 10_000 });
    await vi.waitFor(async () => state.write('third'), { timeout: 10_000 });
    expect(readFileSync(path, 'utf8')).toBe('third');
  });

  test('lets another process try the directory first, and again a second after the last write', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const runCommand = vi.fn<StateFileOptions['runCommand']>(async () => {
      throw new Error('no such command');
    });
    const path = pathIn('tried');
    const state = stateFile(path, { runCommand });
    await state.claim();
    await state.write('content');
    await state.write('content');
    const trial = [
      ['mkdir', ['-p', '-m', '700', '--', join(folder, 'tried')]],
      ['touch', ['-c', '--', join(folder, 'tried')]],
    ];
    expect(runCommand.mock.calls).toEqual(trial);
    vi.advanceTimersByTime(1001);
    await state.write('content');
    expect(runCommand.mock.calls).toEqual([...trial, ...trial]);
    vi.useRealTimers();
  });
});

describe('createStateFile() claim()', () => {
  test('makes the directories it needs', async () => {
    await stateFile(join(folder, 'claimed', 'below', 'state.json')).claim();
    expect(readdirSync(join(folder, 'claimed', 'below'))).toEqual([]);
  });

  test('reports that another process has locked the directory', async () => {
    const path = pathIn('taken');
    const state = stateFile(path, { lockDirectory: async () => false });
    await expect(state.claim()).rejects.toMatchObject({
      name: 'SourceError',
      message: `${JSON.stringify(join(folder, 'taken'))} is in use by another process: the counts of this one do not survive it`,
    });
  });
});

describe('createDirectoryLock()', () => {
  test.each([
    ['flock', async () => openLibc()],
    ['an abstract socket', async () => undefined],
  ])('with %s locks a directory for one holder, and leaves nothing in it', async (_what, libc) => {
    const directory = join(folder, 'locked');
    mkdirSync(directory, { recursive: true });
    const library = await libc();
    const lock = createDirectoryLock(library);
    expect(await lock(directory)).toBe(true);
    expect(await createDirectoryLock(library)(directory)).toBe(false);
    // One that got it too late asks again.
    expect(await lock(directory)).toBe(true);
    expect(await createDirectoryLock(library)(folder)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('continues without a lock if the file system does not support it', async () => {
    const lock = createDirectoryLock({ flock: async () => 'ENOLCK' });
    expect(await lock(folder)).toBe(true);
  });
});

describe('createStateFile() setAside()', () => {
  test('renames the file, replacing an earlier one', async () => {
    const path = pathIn('aside', { 'state.json': 'damaged', 'state.json.bad': 'earlier' });
    const state = stateFile(path);
    await state.setAside();
    expect(readFileSync(`${path}.bad`, 'utf8')).toBe('damaged');
    expect(existsSync(path)).toBe(false);
    expect(await state.read()).toBe(undefined);
  });

  test.each([
    ['there is no file', join(folder, 'nothing', 'state.json'), 'ENOENT'],
    ['its directory is none', unwritablePath('no-directory'), 'ENOTDIR'],
  ])('reports that %s', async (_what, path, code) => {
    await expect(stateFile(path).setAside()).rejects.toMatchObject({
      name: 'SourceError',
      cause: expect.objectContaining({ code }),
    });
  });
});
