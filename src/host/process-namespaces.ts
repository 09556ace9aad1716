import { readFileSync, readdirSync, statSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { ProcessNamespace } from './host.ts';

/** A kernel thread that has this PID only in the PID namespace of the host. */
const kernelProcess = { pid: 2, name: 'kthreadd' } as const;

/**
 * The network namespaces of processes outside the agent's namespace. This needs no capability: `/proc/PID/net` has different
 * inodes in each namespace. A process that ends meanwhile is skipped.
 *
 * @throws {SourceError} `denied` when the processes of the host are not visible.
 */
export function* processNamespaces(procfs: string): Generator<ProcessNamespace> {
  if (!showsHost(procfs)) {
    throw new SourceError(
      'denied',
      `the processes of the host are not visible below ${JSON.stringify(procfs)}`,
    );
  }
  const own = namespaceOf(procfs, 'self');
  for (const entry of readdirSync(procfs)) {
    const namespace = /^\d+$/.test(entry) ? namespaceOf(procfs, entry) : undefined;
    if (namespace !== undefined && namespace !== own) {
      yield { pid: Number(entry), namespace };
    }
  }
}

function showsHost(procfs: string): boolean {
  try {
    const name = readFileSync(`${procfs}/${kernelProcess.pid}/comm`, 'latin1').trim();
    return name === kernelProcess.name;
  } catch {
    return false;
  }
}

/** Undefined if the process has ended or is a zombie. */
function namespaceOf(procfs: string, process: string): number | undefined {
  try {
    return statSync(`${procfs}/${process}/net/snmp`).ino;
  } catch {
    return undefined;
  }
}
