import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { createDescriptorBudget } from '../../src/host/descriptors.ts';
import { createEthtoolCommand } from '../../src/host/ethtool-command.ts';
import type { Host } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import type { CommandResult } from '../../src/host/command.ts';
import { SourceError } from '../../src/model/errors.ts';
import type { KernelRecord } from '../../src/model/kernel-record.ts';
import { overrideDevices } from './override-devices.ts';
import { readKmsgRecording, recordedPath } from './recordings.ts';

export interface RecordedHostOptions {
  /** Name of a recording in the host's `kmsg/`; none is an empty kernel log. */
  readonly kernelLog?: string;
  readonly now?: Date;
}

/** A host of `test/hosts/`: its own sysfs and procfs, what ethtool printed there, and a kernel log from the start. */
export function createRecordedHost(name: string, options: RecordedHostOptions = {}): Host {
  return createHostAt(recordedPath(name), options);
}

/** A host whose files lie in a folder as those of `test/hosts/` do. */
export function createHostAt(
  root: string,
  { kernelLog, now = new Date('2026-11-20T04:00:00Z') }: RecordedHostOptions = {},
): Host {
  const linux = createLinuxHost(
    {
      paths: { procfs: `${root}/proc`, sysfs: `${root}/sys`, rootfs: root },
    },
    {
      reader: 'command',
      openEthtool: createEthtoolCommand(async (_file, argv) => recordedOutput(root, argv)),
      linkAnnouncements: undefined,
      waitReadable: undefined,
      descriptors: createDescriptorBudget(0),
      state: createMemoryState(),
      offloadState: createMemoryState(),
    },
  );
  const unreadable = new Set(
    readFileSync(`${root}/unreadable.txt`, 'utf8')
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(': '))),
  );
  const records = kernelLog === undefined ? [] : readKmsgRecording(kernelLog);
  const readable = overrideDevices(linux, (device) => ({
    readAttribute: async (attribute) => {
      const path = `/sys/class/net/${device.name}/${attribute}`;
      if (unreadable.has(path)) {
        throw new SourceError('unsupported', `cannot read ${JSON.stringify(path)}: EINVAL`);
      }
      return device.readAttribute(attribute);
    },
  }));
  return {
    ...readable,
    kernelLog: (_source, { signal }) => replay(records, signal),
    previousBootLog: async function* () {},
    now: () => now,
  };
}

/** The output of ethtool. Both streams were recorded together, so that of a failure is its error message. */
function recordedOutput(
  root: string,
  [option = '', device = '']: readonly string[],
): CommandResult {
  const path = `${root}/ethtool/${option.slice(1)}.${device}.txt`;
  if (!existsSync(path)) {
    throw new Error(`no recording ${path}`);
  }
  const text = readFileSync(path, 'utf8');
  const failure = /^\(exit (\d+)\)\n$/m.exec(text);
  return failure === null
    ? { exitCode: 0, stdout: text, stderr: '' }
    : { exitCode: Number(failure[1]), stdout: '', stderr: text.slice(0, failure.index) };
}

async function* replay(
  records: readonly KernelRecord[],
  signal: AbortSignal,
): ReturnType<Host['kernelLog']> {
  yield { records, caughtUp: true };
  await setTimeout(2 ** 31 - 1, undefined, { signal, ref: false }).catch(() => {});
}

/** A state file in memory. */
export function createMemoryState(content?: string): Host['state'] {
  let current = content;
  return {
    claim: async () => {},
    read: async () => current,
    write: async (text) => {
      current = text;
    },
    setAside: async () => {
      current = undefined;
    },
  };
}
