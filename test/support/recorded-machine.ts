import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import type { KernelRecord } from '../../src/model/kernel-record.ts';
import type { AgentProcessOptions } from './agent-process.ts';
import { journalLine } from './fake-journalctl.ts';
import { kernelRecord } from './kernel-record.ts';
import { recordedPath } from './recordings.ts';

/** A recorded host as files and commands, for an agent that runs as a process of its own, and to which things happen. */
export interface RecordedMachine {
  /** Flags of an agent that reads this machine. */
  readonly agent: Required<Pick<AgentProcessOptions, 'flags' | 'env'>>;
  /** Replaces the value of one of a device's statistics. */
  setStatistic(device: string, name: string, value: number): void;
  /** Replaces the value of an attribute in a device's directory of sysfs. */
  setAttribute(device: string, attribute: string, value: number): void;
  /** Puts a FIFO in the place of an attribute: its path. Reading it does not return for as long as somebody holds it open to write. */
  makeFifo(device: string, attribute: string): string;
  /** Replaces what matches in a file, given by its path from `/`, or of ethtool's output. */
  replace(path: string, pattern: RegExp, replacement: string): void;
  /** Writes a record to its kernel log as if it happened now. */
  log(record: KernelRecord): void;
  delete(): void;
}

export interface RecordedMachineOptions {
  readonly bootedSecondsAgo?: number;
  /** The kernel log of the previous boot; none by default. */
  readonly previousBoot?: readonly KernelRecord[];
}

/** Copies a host of `test/hosts/`, with an ethtool that prints what was recorded and a journal to be written to. */
export function createRecordedMachine(
  name: string,
  { bootedSecondsAgo = 300, previousBoot = [] }: RecordedMachineOptions = {},
): RecordedMachine {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-machine-'));
  cpSync(recordedPath(name), folder, {
    recursive: true,
    verbatimSymlinks: true,
  });
  const bootSeconds = Math.floor(Date.now() / 1000) - bootedSecondsAgo;
  replaceIn(join(folder, 'proc/stat'), /^btime \d+$/m, `btime ${bootSeconds}`);
  const boot = {
    id: readFileSync(join(folder, 'proc/sys/kernel/random/boot_id'), 'utf8').trim(),
    startedAtMicroseconds: bootSeconds * 1e6,
  };
  const journal = join(folder, 'journal');
  const log: RecordedMachine['log'] = (record) => {
    const timestampMicroseconds = Date.now() * 1000 - boot.startedAtMicroseconds;
    appendFileSync(journal, `${journalLine({ ...record, timestampMicroseconds }, boot)}\n`);
  };
  log(kernelRecord('Linux version 6.12.95'));
  const previous = join(folder, 'journal.previous');
  if (previousBoot.length > 0) {
    const earlierBoot = { ...boot, id: boot.id.replaceAll('0', '1') };
    writeFileSync(
      previous,
      previousBoot.map((record) => `${journalLine(record, earlierBoot)}\n`).join(''),
    );
  }
  writeCommand(
    join(folder, 'ethtool/ethtool'),
    `recording="${folder}/ethtool/\${1#-}.$2.txt"
if code=$(sed -n 's/^(exit \\([0-9]*\\))$/\\1/p' "$recording") && [ -n "$code" ]; then
  sed '/^(exit /d' "$recording" >&2
  exit "$code"
fi
cat "$recording"`,
  );
  writeCommand(
    join(folder, 'ethtool/journalctl'),
    `case " $* " in
*' -b -1 '*) cat "${previous}" || exit 1 ;;
*) exec tail -n +1 -f "${journal}" ;;
esac`,
  );
  return {
    agent: {
      flags: [
        `--path.sysfs=${folder}/sys`,
        `--path.procfs=${folder}/proc`,
        '--ethtool.reader=command',
        '--kernel-log.source=journal',
      ],
      env: { PATH: `${folder}/ethtool:${process.env['PATH'] ?? ''}` },
    },
    setStatistic: (device, statistic, value) => {
      replaceIn(
        join(folder, `ethtool/S.${device}.txt`),
        new RegExp(`^( *${statistic}: )\\d+$`, 'm'),
        `$1${value}`,
      );
    },
    setAttribute: (device, attribute, value) => {
      writeFileSync(join(folder, 'sys/class/net', device, attribute), `${value}\n`);
    },
    makeFifo: (device, attribute) => {
      const path = join(folder, 'sys/class/net', device, attribute);
      rmSync(path);
      execFileSync('mkfifo', [path]);
      return path;
    },
    replace: (path, pattern, replacement) => {
      replaceIn(join(folder, path), pattern, replacement);
    },
    log,
    delete: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

function writeCommand(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function replaceIn(path: string, pattern: RegExp, replacement: string): void {
  const text = readFileSync(path, 'utf8');
  if (!pattern.test(text)) {
    throw new Error(`nothing in ${path} matches ${String(pattern)}`);
  }
  // Atomically, so that no reader sees half of it.
  writeFileSync(`${path}.new`, text.replace(pattern, replacement));
  renameSync(`${path}.new`, path);
}
