import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { formatTree, parseTree, readTree, writeTree } from '../../scripts/file-tree.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nicwatch-tree-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('formatTree()', () => {
  test('writes files, links and empty folders, sorted by path', () => {
    mkdirSync(join(folder, 'net/eth0/queues'), { recursive: true });
    writeFileSync(join(folder, 'net/eth0/mtu'), '1500\n');
    symlinkSync('../net/eth0', join(folder, 'net/lower_eth0'));
    writeFileSync(join(folder, 'ethtool'), '#!/bin/sh\n');
    chmodSync(join(folder, 'ethtool'), 0o755);
    expect(formatTree(readTree(folder))).toBe(`Path: ethtool
Mode: 755
Lines: 1
#!/bin/sh

Path: net/eth0/mtu
Lines: 1
1500

Directory: net/eth0/queues

Path: net/lower_eth0
SymlinkTo: ../net/eth0
`);
  });

  test.each([
    ['', 'Lines: 0\n'],
    ['\n', 'Lines: 1\n\n'],
    ['up', 'Lines: 1 without newline at the end\nup\n'],
    ['a\n\n', 'Lines: 2\na\n\n'],
    ['a\n\nb', 'Lines: 3 without newline at the end\na\n\nb\n'],
    ['Path: a\nLines: 7\n', 'Lines: 2\nPath: a\nLines: 7\n'],
    [
      String.raw`6,1,2,-;\x09 a`,
      String.raw`Lines: 1 without newline at the end` + '\n' + String.raw`6,1,2,-;\x09 a` + '\n',
    ],
    ['50 °C\t\n', 'Lines: 1\n50 °C\t\n'],
    ['a\r\n\0', 'Escaped: 2 without newline at the end\na\\x0d\n\\x00\n'],
    [Buffer.from([0xff, 0x5c, 0x0a]), 'Escaped: 1\n\\xff\\x5c\n'],
  ])('writes %j so that it is read back byte for byte', (content, written) => {
    writeFileSync(join(folder, 'file'), content);
    const text = formatTree(readTree(folder));
    expect(text).toBe(`Path: file\n${written}`);
    expect(parseTree(text)[0]?.content).toEqual(Buffer.from(content));
  });
});

test('parseTree() gives back any files formatTree() writes', () => {
  const line = fc.string({ unit: fc.constantFrom(...'\\x0aF: \n\r\t\0é'.split('')) });
  const content = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(line).map((lines) => Buffer.from(lines.join('\n'))),
  );
  const files = fc.array(fc.record({ content, mode: fc.nat(0o777) }));
  fc.assert(
    fc.property(files, (given) => {
      const entries = given.map((file, index) => ({ path: `files/${index}`, ...file }));
      expect(parseTree(formatTree(entries))).toEqual(entries);
    }),
    { numRuns: 500 },
  );
});

describe('readTree()', () => {
  test('rejects a name of more than one line', () => {
    writeFileSync(join(folder, 'a\nb'), '');
    expect(() => readTree(folder)).toThrow('expected a name of plain text, got "a\\nb"');
  });

  test('rejects what is no file, link or folder', () => {
    expect(() => readTree('/dev')).toThrow(/^expected a file, symbolic link or folder, got "/);
  });
});

describe('parseTree()', () => {
  test.each([
    [
      'Lines: 1\n',
      'line 1: expected "Path: " or "Directory: " and a relative path, got "Lines: 1"',
    ],
    ['Path: /etc/passwd\n', 'line 1: expected "Path: " or'],
    ['Path: a/../../b\n', 'line 1: expected "Path: " or'],
    [
      'Path: a\nSize: 1\n',
      'line 2: expected "SymlinkTo: ", "Mode: ", "Lines: " or "Escaped: ", got "Size: 1"',
    ],
    ['Path: a\nLines: 2\n1\n', 'line 4: expected 2 lines, got ""'],
    ['Path: a\nLines: 1\n1\n2\n', 'line 4: expected an empty line, got "2"'],
    ['Path: a\nLines: 0\nPath: b\nLines: 0\n', 'line 3: expected an empty line, got "Path: b"'],
    ['Path: a', 'line 1: expected a newline at the end, got "Path: a"'],
  ])('rejects %j', (text, message) => {
    expect(() => parseTree(text)).toThrow(message);
  });
});

const hosts = new URL('../hosts', import.meta.url).pathname;

describe.each(readdirSync(hosts))('the recording of %s', (host) => {
  const packed = readFileSync(join(hosts, host, 'recording.txt'), 'utf8');

  test('is what packing it unpacked gives', () => {
    writeTree(parseTree(packed), join(folder, host));
    expect(formatTree(readTree(join(folder, host)))).toBe(packed);
  });
});
