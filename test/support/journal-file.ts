import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import type { JournalRecord } from '../../src/model/kernel-record.ts';

/** Debian's tool that writes journal files; it is on no path. */
export const journalWriter = '/lib/systemd/systemd-journal-remote';

const machineId = '00112233445566778899aabbccddeeff';

/** A directory that looks like the root of a machine with a journal. */
export interface JournalRoot {
  readonly path: string;
  delete(): void;
}

/** Writes records into a real journal file, as journald writes those of the kernel. */
export async function createJournalRoot(
  records: readonly Omit<JournalRecord, 'sequence' | 'cursor'>[],
): Promise<JournalRoot> {
  const path = mkdtempSync(join(tmpdir(), 'nicwatch-root-'));
  const folder = join(path, 'var/log/journal', machineId);
  mkdirSync(folder, { recursive: true });
  await execa(journalWriter, ['--output', join(folder, 'system.journal'), '-'], {
    input: Buffer.concat(records.map(exportEntry)),
  });
  return {
    path,
    delete: () => {
      rmSync(path, { recursive: true });
    },
  };
}

/** One entry of the journal's export format. @see https://systemd.io/JOURNAL_EXPORT_FORMATS/ */
function exportEntry({
  timestampMicroseconds,
  realtimeMicroseconds,
  bootId,
  facility,
  level,
  text,
  subsystem,
  device,
}: Omit<JournalRecord, 'sequence' | 'cursor'>): Buffer {
  const fields = {
    __REALTIME_TIMESTAMP: realtimeMicroseconds,
    __MONOTONIC_TIMESTAMP: timestampMicroseconds + 1000,
    _BOOT_ID: bootId?.replaceAll('-', ''),
    _MACHINE_ID: machineId,
    _TRANSPORT: 'kernel',
    _SOURCE_MONOTONIC_TIMESTAMP: timestampMicroseconds,
    PRIORITY: level,
    SYSLOG_FACILITY: facility,
    _KERNEL_SUBSYSTEM: subsystem,
    _KERNEL_DEVICE: device,
  };
  const message = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([
    Buffer.from(
      Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    ),
    Buffer.from('MESSAGE\n'),
    length,
    message,
    Buffer.from('\n\n'),
  ]);
}
