import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { createStateFile } from './state-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'nicwatch-state-file-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

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
  test('gives nothing where there is no file yet', async () => {
    expect(await createStateFile(join(folder, 'not', 'there', 'state.json')).read()).toBe(
      undefined,
    );
  });

  test('gives what was written', async () => {
    const path = pathIn('round-trip');
    await createStateFile(path).write('{"é": "\0"}\n');
    expect(await createStateFile(path).read()).toBe('{"é": "\0"}\n');
  });

  test('rejects a file above 1 MiB', async () => {
    const path = pathIn('huge', { 'state.json': 'x'.repeat(1024 * 1024 + 1) });
    await expect(createStateFile(path).read()).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'failed',
      message: expect.stringContaining(JSON.stringify(path)),
    });
  });

  test('rejects a directory', async () => {
    const path = pathIn('directory');
    mkdirSync(path);
    await expect(createStateFile(path).read()).rejects.toMatchObject({ reason: 'failed' });
  });
});

describe('createStateFile() write()', () => {
  test('makes the directories it needs', async () => {
    const path = join(folder, 'new', 'and', 'below', 'state.json');
    await createStateFile(path).write('content');
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('puts a new file in the place of the old one', async () => {
    const path = pathIn('replace', { 'state.json': 'a longer content than the next' });
    const before = statSync(path).ino;
    await createStateFile(path).write('next');
    expect(readFileSync(path, 'utf8')).toBe('next');
    expect(statSync(path).ino).not.toBe(before);
  });

  test('leaves nothing else behind, not even of a run that was killed', async () => {
    const path = pathIn('killed', { 'state.json.new': 'half of what was to be wri' });
    await createStateFile(path).write('content');
    expect(readdirSync(join(folder, 'killed'))).toEqual(['state.json']);
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  test('keeps the old file where the new one cannot be written', async () => {
    const path = pathIn('keep', { 'state.json': 'old' });
    mkdirSync(`${path}.new`);
    await expect(createStateFile(path).write('new')).rejects.toMatchObject({ reason: 'failed' });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test.each([
    ['below a file', unwritablePath('unwritable'), 'EEXIST'],
    ['far below a file', join(unwritablePath('very-unwritable'), 'state.json'), 'ENOTDIR'],
  ])('says that it cannot write %s', async (_where, path, code) => {
    await expect(createStateFile(path).write('content')).rejects.toMatchObject({
      name: 'SourceError',
      message: expect.stringContaining(JSON.stringify(path)),
      cause: expect.objectContaining({ code }),
    });
  });
});

describe('createStateFile() setAside()', () => {
  test('renames the file, over an earlier one', async () => {
    const path = pathIn('aside', { 'state.json': 'damaged', 'state.json.bad': 'earlier' });
    const state = createStateFile(path);
    await state.setAside();
    expect(readFileSync(`${path}.bad`, 'utf8')).toBe('damaged');
    expect(existsSync(path)).toBe(false);
    expect(await state.read()).toBe(undefined);
  });

  test.each([
    ['there is no file', join(folder, 'nothing', 'state.json'), 'ENOENT'],
    ['its directory is none', unwritablePath('no-directory'), 'ENOTDIR'],
  ])('says that %s', async (_what, path, code) => {
    await expect(createStateFile(path).setAside()).rejects.toMatchObject({
      name: 'SourceError',
      cause: expect.objectContaining({ code }),
    });
  });
});
