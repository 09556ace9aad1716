import { readFileSync } from 'node:fs';

import type { KernelRecord } from '../../src/model/kernel-record.ts';
import { parseKmsgRecord } from '../../src/parsers/kmsg.ts';

/** Splits concatenated reads of /dev/kmsg: each record begins with its prefix at the start of a line. */
function splitKmsg(raw: string): readonly string[] {
  return raw.split(/^(?=\d+,\d+,\d+,)/m).filter((record) => record !== '');
}

/** Reads a recording of /dev/kmsg. */
export function readKmsgRecording(path: string): readonly KernelRecord[] {
  return splitKmsg(readFileSync(path, 'utf8')).map((record) => parseKmsgRecord(record));
}
