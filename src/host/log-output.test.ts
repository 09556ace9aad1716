import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createLogOutput } from './log-output.ts';

let directory: string;
let reader: number;
let writer: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nicwatch-log-output-'));
  const path = join(directory, 'pipe');
  execaSync('mkfifo', [path]);
  reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // A write to it blocks, as one to the standard error of most processes.
  writer = openSync(path, constants.O_WRONLY);
});
afterEach(() => {
  closeSync(reader);
  closeSync(writer);
  rmSync(directory, { recursive: true });
});

function readAll(): string {
  const buffer = Buffer.alloc(1024 * 1024);
  let text = '';
  try {
    for (let length = -1; length !== 0;) {
      length = readSync(reader, buffer);
      text += buffer.toString('utf8', 0, length);
    }
  } catch {
    // Nothing is left for now.
  }
  return text;
}

describe('createLogOutput()', () => {
  test('writes lines in their order', async () => {
    const output = createLogOutput(writer);
    output.write('one\n');
    output.write('two é\n');
    output.write('three\n');
    await output.flush();
    expect(readAll()).toBe('one\ntwo é\nthree\n');
  });

  test('neither blocks without a reader nor exceeds its backlog, and resumes with a reader', async () => {
    const output = createLogOutput(writer);
    const line = `${'x'.repeat(999)}\n`;
    for (let count = 0; count < 1000; count += 1) {
      output.write(line);
      // Each line is one turn of the event loop later than the last.
      await new Promise(setImmediate);
    }
    let text = '';
    const reading = setInterval(() => {
      text += readAll();
    }, 5);
    await output.flush();
    clearInterval(reading);
    text += readAll();
    // Whole lines: what the pipe holds, and what may wait beside it.
    expect(text.replaceAll(line, '')).toBe('');
    expect(text.length).toBeGreaterThan(64_000);
    expect(text.length).toBeLessThan(400_000);
  });

  test('drops lines after the reader is gone', async () => {
    const output = createLogOutput(1_000_000);
    output.write('one\n');
    await output.flush();
    expect(readAll()).toBe('');
  });
});
