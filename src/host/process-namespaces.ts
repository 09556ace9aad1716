import { readFileSync, readdirSync, statSync } from 'node:fs';

import { SourceError } from '../model/errors.ts';
import type { ProcessNamespace } from './host.ts';

/** No process but the kernel's has this name at this number, and only in the host's PID namespace. */
const kernelProcess = { pid: 2, name: 'kthreadd' } as const;

/**
 * Which network namespace each process is in, but for the agent's own. That takes no capability: each namespace has a
 * `/proc/PID/net` of its own, and the inodes in it tell them apart. A process that ends meanwhile is left out.
 *
 * @throws {SourceError} `denied` where the processes of the host cannot be seen.
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

/** Undefined where the process has ended, or only its parent has not noticed yet. */
function namespaceOf(procfs: string, process: string): number | undefined {
  try {
    return statSync(`${procfs}/${process}/net/snmp`).ino;
  } catch {
    return undefined;
  }
}
