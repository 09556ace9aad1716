// Folders as readable text, similar to ttar; CONTRIBUTING.md shows one, under "Record a host".
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const usualMode = 0o644;
/** Text that needs no escapes: lines of UTF-8 without control characters except tabs. */
const plainText = /^(?:[^\p{Cc}\ufeff]|[\t\n])*$/u;

/**
 * Reads what lies below a folder, sorted by path.
 *
 * @throws {Error} for anything but files, symbolic links and folders, and for names that are not plain text
 */
export function readTree(folder) {
  return namesIn(folder)
    .flatMap((name) => readEntries(folder, name))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** Writes entries into a folder, which is created if missing. @throws {Error} for a path that exists */
export function writeTree(entries, folder) {
  mkdirSync(folder, { recursive: true });
  for (const { path, target, content, mode } of entries) {
    const absolute = join(folder, path);
    mkdirSync(dirname(absolute), { recursive: true });
    if (target !== undefined) {
      symlinkSync(target, absolute);
    } else if (content === undefined) {
      mkdirSync(absolute);
    } else {
      writeFileSync(absolute, content, { flag: 'wx' });
      chmodSync(absolute, mode);
    }
  }
}

/** Formats entries as text, from which {@link parseTree} restores every byte. */
export function formatTree(entries) {
  return entries.map(formatEntry).join('\n');
}

/** Parses the output of {@link formatTree}. @throws {Error} naming the unexpected line */
export function parseTree(text) {
  const lines = text.split('\n');
  const entries = [];
  let next = 0;
  const expected = (what) =>
    new Error(`line ${next + 1}: expected ${what}, got ${JSON.stringify(lines[next] ?? '')}`);
  const takeIf = (pattern) => {
    const match = pattern.exec(lines[next] ?? '');
    next += match === null ? 0 : 1;
    return match?.slice(1);
  };
  const takeContent = ([key, count, end]) => {
    const taken = lines.slice(next, next + Number(count));
    if (next + taken.length >= lines.length) {
      next = lines.length - 1;
      throw expected(`${count} lines`);
    }
    next += taken.length;
    const written = taken.map((line) => `${line}\n`).join('');
    const content = end === undefined ? written : written.slice(0, -1);
    return key === 'Lines' ? Buffer.from(content) : unescape(content);
  };
  if (lines.at(-1) !== '') {
    next = lines.length - 1;
    throw expected('a newline at the end');
  }
  while (next < lines.length - 1) {
    if (entries.length > 0 && takeIf(/^$/) === undefined) {
      throw expected('an empty line');
    }
    const [kind, path] = takeIf(/^(Path|Directory): ((?!\/|.*(?:^|\/)\.\.?(?:\/|$)).+)$/) ?? [];
    if (kind === undefined) {
      throw expected('"Path: " or "Directory: " and a relative path');
    }
    if (kind === 'Directory') {
      entries.push({ path });
      continue;
    }
    const [target] = takeIf(/^SymlinkTo: (.+)$/) ?? [];
    if (target !== undefined) {
      entries.push({ path, target });
      continue;
    }
    const [mode] = takeIf(/^Mode: ([0-7]{3})$/) ?? [];
    const size = takeIf(/^(Lines|Escaped): (\d+)( without newline at the end)?$/);
    if (size === undefined) {
      throw expected('"SymlinkTo: ", "Mode: ", "Lines: " or "Escaped: "');
    }
    const content = takeContent(size);
    entries.push({ path, content, mode: mode === undefined ? usualMode : Number(`0o${mode}`) });
  }
  return entries;
}

/** One entry, or what is in the folder of that path. */
function readEntries(root, path) {
  const absolute = join(root, path);
  const stats = lstatSync(absolute);
  if (stats.isSymbolicLink()) {
    return [{ path, target: checkName(readlinkSync(absolute)) }];
  }
  if (stats.isDirectory()) {
    const names = namesIn(absolute);
    return names.length === 0
      ? [{ path }]
      : names.flatMap((name) => readEntries(root, `${path}/${name}`));
  }
  if (!stats.isFile()) {
    throw new Error(`expected a file, symbolic link or folder, got ${JSON.stringify(path)}`);
  }
  return [{ path, content: readFileSync(absolute), mode: stats.mode & 0o777 }];
}

function namesIn(folder) {
  return readdirSync(folder).map((name) => checkName(name));
}

/** Rejects names with line breaks, and with invalid UTF-8, which is already replaced here. */
function checkName(name) {
  if (!plainText.test(name) || /[\n\ufffd]/.test(name)) {
    throw new Error(`expected a name of plain text, got ${JSON.stringify(name)}`);
  }
  return name;
}

function formatEntry({ path, target, content, mode }) {
  if (target !== undefined) {
    return `Path: ${path}\nSymlinkTo: ${target}\n`;
  }
  if (content === undefined) {
    return `Directory: ${path}\n`;
  }
  const text = content.toString();
  const isPlain = plainText.test(text) && Buffer.from(text).equals(content);
  const written = isPlain ? text : escape(content);
  const isEnded = written === '' || written.endsWith('\n');
  const size = `${written.split('\n').length - (isEnded ? 1 : 0)}${isEnded ? '' : ' without newline at the end'}`;
  const modeLine = mode === usualMode ? '' : `Mode: ${mode.toString(8).padStart(3, '0')}\n`;
  return `Path: ${path}\n${modeLine}${isPlain ? 'Lines' : 'Escaped'}: ${size}\n${written}${isEnded ? '' : '\n'}`;
}

/** Bytes as printable ASCII, with `\xNN` for other bytes and the backslash. */
function escape(content) {
  return content
    .toString('latin1')
    .replaceAll(
      /[^\t\n\x20-\x5b\x5d-\x7e]/g,
      (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}

function unescape(text) {
  const bytes = text.replaceAll(/\\x([0-9a-f]{2})/g, (_, byte) =>
    String.fromCharCode(Number.parseInt(byte, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}
