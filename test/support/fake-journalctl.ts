import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import type { KernelRecord } from '../../src/model/kernel-record.ts';

/** A `journalctl` that stands first in PATH. */
export interface FakeJournalctl {
  readonly env: Readonly<Record<string, string>>;
  delete(): void;
}

export interface FakeJournal {
  /** Lines of this boot, which it then follows without end. */
  readonly current: readonly string[];
  /** A JavaScript expression for the lines of the boot before; undefined when it knows no such boot. */
  readonly previous: string | undefined;
}

/** Makes a journalctl that answers as the real one does, from what it is given. */
export function createFakeJournalctl({ current, previous }: FakeJournal): FakeJournalctl {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-journalctl-'));
  writeFileSync(
    join(folder, 'journalctl'),
    `#!${process.execPath}
const argv = process.argv.slice(2);
if (argv.join(' ').includes('-b -1')) {
  const previous = ${previous ?? 'undefined'};
  if (previous === undefined) {
    console.error('Data from the specified boot (-1) is not available: No such boot ID in journal');
    process.exit(1);
  }
  (async () => {
    for (const line of previous) {
      if (!process.stdout.write(line + '\\n')) {
        await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
    }
  })();
} else {
  const cursor = argv.find((word) => word.startsWith('--after-cursor='))?.slice(15);
  const lines = ${JSON.stringify(current)};
  const seen = lines.findIndex((line) => cursor !== undefined && line.includes(JSON.stringify(cursor)));
  for (const line of lines.slice(seen + 1)) {
    console.log(line);
  }
  setInterval(() => {}, 1000);
}
`,
  );
  chmodSync(join(folder, 'journalctl'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    delete: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

/** A record of the kernel log as `journalctl -o json` prints it. */
export function journalLine(
  { timestampMicroseconds, facility, level, text, subsystem, device }: KernelRecord,
  boot: { readonly id: string; readonly startedAtMicroseconds: number },
): string {
  return JSON.stringify({
    __CURSOR: `s=0;i=${timestampMicroseconds};b=${boot.id}`,
    __REALTIME_TIMESTAMP: String(boot.startedAtMicroseconds + timestampMicroseconds),
    __MONOTONIC_TIMESTAMP: String(timestampMicroseconds + 1000),
    _SOURCE_MONOTONIC_TIMESTAMP: String(timestampMicroseconds),
    _BOOT_ID: boot.id.replaceAll('-', ''),
    PRIORITY: String(level),
    SYSLOG_FACILITY: String(facility),
    MESSAGE: text,
    ...(subsystem === undefined ? {} : { _KERNEL_SUBSYSTEM: subsystem }),
    ...(device === undefined ? {} : { _KERNEL_DEVICE: device }),
  });
}
