import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa, execaSync } from 'execa';
import { vi } from 'vitest';

import { installDebian } from './debian-root.ts';
import type { DebianRootOptions } from './debian-root.ts';
import { createNamespace, uniqueSuffix } from './netns.ts';
import type { Namespace } from './netns.ts';
import { namespaceProblem } from './requirements.ts';

/** A Debian of a test's own, run by systemd, on this machine's kernel and in a network namespace of its own. */
export interface DebianMachine {
  /** Where its root lies on this machine. */
  readonly root: string;
  readonly namespace: Namespace;
  /** Runs a program on it and gives what it printed. @throws {Error} when the program fails. */
  run(file: string, ...argv: readonly string[]): Promise<string>;
  /** Switches it off and deletes it. */
  delete(): Promise<void>;
}

const bootScript = new URL('boot-machine.sh', import.meta.url).pathname;

/** Does what the kernel refuses where the root file system is that of an initramfs. */
const pivot = `mount --make-rprivate /
mount -t tmpfs tmpfs "$0"
cd "$0"
mkdir old
pivot_root . old`;

/** Why a Debian cannot be booted here; undefined when it can. */
export function bootProblem(): string | undefined {
  const problem = namespaceProblem('mmdebstrap', 'nsenter', 'setpriv', 'unshare');
  if (problem !== undefined) {
    return problem;
  }
  if (controlGroupMount() === undefined) {
    return 'needs a mount of cgroup2';
  }
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-pivot-'));
  const { failed } = execaSync('unshare', ['--mount', 'sh', '-ec', pivot, folder], {
    reject: false,
  });
  rmdirSync(folder);
  return failed ? 'needs pivot_root, which the kernel refuses on a rootfs' : undefined;
}

/** Installs a Debian from its packages and boots it. */
export async function bootDebian({
  suite,
  packages = [],
}: DebianRootOptions): Promise<DebianMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-debian-'));
  // Not the folder itself, which is closed to everybody but its owner.
  const root = join(folder, 'root');
  try {
    await installDebian(root, { suite, packages: ['systemd', ...packages] });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const namespace = await createNamespace();
  const controlGroup = join(controlGroupMount() ?? '', `nicwatch-${uniqueSuffix()}`);
  mkdirSync(controlGroup);
  // Not `ip netns exec`, which hides the control groups.
  const machine = execa(
    'nsenter',
    [`--net=/run/netns/${namespace.name}`, bootScript, root, controlGroup],
    { stdin: 'ignore', reject: false },
  );
  const remove = async (): Promise<void> => {
    machine.kill('SIGKILL');
    await machine;
    await vi.waitFor(
      () => {
        removeControlGroup(controlGroup);
      },
      { timeout: 30_000 },
    );
    await namespace.delete();
    rmSync(folder, { recursive: true });
  };
  const run: DebianMachine['run'] = async (file, ...argv) => {
    const { stdout: init } = await execa('pgrep', ['--parent', String(machine.pid)]);
    const { stdout } = await execa('nsenter', [`--target=${init}`, '--all', file, ...argv], {
      env: { PATH: '/usr/sbin:/usr/bin', LC_ALL: 'C' },
    });
    return stdout;
  };
  try {
    // It fails as long as systemd does not listen, and when units failed that have nothing to do here.
    await vi.waitFor(
      async () => {
        await run('systemctl', 'is-active', 'multi-user.target');
      },
      { timeout: 90_000 },
    );
  } catch (error) {
    await remove();
    throw new Error(`Debian does not boot; it said: ${(await machine).stderr}`, { cause: error });
  }
  return { root, namespace, run, delete: remove };
}

/** Where the second version of control groups is mounted. */
function controlGroupMount(): string | undefined {
  const mount = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(' - cgroup2 '));
  return mount?.split(' ')[4];
}

function removeControlGroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      removeControlGroup(join(path, entry.name));
    }
  }
  rmdirSync(path);
}
