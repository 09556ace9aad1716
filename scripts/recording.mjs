// Packs a folder into one readable file, or unpacks it: `node scripts/recording.mjs pack FOLDER FILE`, `unpack FILE FOLDER`.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

import { formatTree, parseTree, readTree, writeTree } from './file-tree.mjs';

const [command, from, to, ...rest] = process.argv.slice(2);
if (!['pack', 'unpack'].includes(command) || to === undefined || rest.length > 0) {
  console.error('usage: node scripts/recording.mjs pack FOLDER FILE | unpack FILE FOLDER');
  process.exit(2);
}
try {
  if (command === 'pack') {
    writeFileSync(to, formatTree(readTree(from)));
  } else {
    writeTree(parseTree(readFileSync(from, 'utf8')), to);
  }
} catch (error) {
  console.error(`recording: ${command} ${JSON.stringify(from)}: ${error.message}`);
  process.exit(1);
}
