import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';

/**
 * Runs a bundled program in a network namespace made for it, with the arguments of this one. A process cannot move
 * into a namespace itself. When this process ends, so does everything in the namespace, and the namespace with it.
 * When the program fails, this process will have failed too.
 *
 * @throws {Error} when the namespace cannot be made.
 */
export async function runInNamespace(program: string): Promise<void> {
  const name = `nwbench-${randomBytes(3).toString('hex')}`;
  ip(['netns', 'add', name]);
  const remove = (): void => {
    removeNamespace(name);
  };
  process.once('exit', remove);
  ip(['-n', name, 'link', 'set', 'lo', 'up']);
  const script = new URL(`${program}.mjs`, import.meta.url).pathname;
  const child = spawn(
    'ip',
    [
      'netns',
      'exec',
      name,
      process.execPath,
      ...process.execArgv,
      script,
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit' },
  );
  const [exitCode] = await once(child, 'exit');
  process.off('exit', remove);
  remove();
  // The program has printed the error.
  process.exitCode = exitCode === 0 ? process.exitCode : 1;
}

/** A veth device for each number below `count`; two neighbours are the ends of a pair. */
export const vethDevices = 'bench\\d+';

/** Adds pairs of veth devices, all up, to those the namespace of this process has: `from` and `to` are even numbers. */
export function addVethDevices(from: number, to: number): void {
  const pairs = Array.from({ length: (to - from) / 2 }, (_, index) => from + index * 2);
  ipBatch(
    pairs.flatMap((first) => [
      `link add bench${first} type veth peer name bench${first + 1}`,
      `link set bench${first} up`,
      `link set bench${first + 1} up`,
    ]),
  );
}

/** Runs lines of `ip` in the namespace of this process. @throws {Error} with the error output of ip. */
export function ipBatch(lines: readonly string[]): void {
  ip(['-batch', '-'], `${lines.join('\n')}\n`);
}

function ip(argv: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('ip', argv, { input, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`ip ${argv.join(' ')}: ${stderr}`);
  }
  return stdout;
}

/** Synchronously, so that it works while the process exits. */
function removeNamespace(name: string): void {
  for (const pid of ip(['netns', 'pids', name]).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  ip(['netns', 'delete', name]);
}
