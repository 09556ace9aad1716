import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inject } from 'vitest';

import type { KernelRecord } from '../../src/model/kernel-record.ts';
import { parseKmsgRecord } from '../../src/parsers/kmsg.ts';

/** The host that was recorded with a kernel log, and under every kind of device. */
export const debianHost = 'debian-6.12.95-qemu';

/** Where a host of `test/hosts/`, or a file of it, is unpacked for this run: to be read only. */
export function recordedPath(host: string, path = ''): string {
  return join(inject('hosts'), host, path);
}

/** A file of {@link debianHost}. */
export function recordedText(path: string): string {
  return readFileSync(recordedPath(debianHost, path), 'utf8');
}

/** Reads a recording of /dev/kmsg, by its name in `kmsg/` of {@link debianHost}. */
export function readKmsgRecording(name: string): readonly KernelRecord[] {
  return splitKmsg(recordedText(`kmsg/${name}.kmsg.raw`)).map((record) => parseKmsgRecord(record));
}

/** Splits concatenated reads of /dev/kmsg: each record begins with its prefix at the start of a line. */
export function splitKmsg(raw: string): readonly string[] {
  return raw.split(/^(?=\d+,\d+,\d+,)/m).filter((record) => record !== '');
}
