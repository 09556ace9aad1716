import { randomBytes } from 'node:crypto';

import { execa } from 'execa';

/** A network namespace of a test's own, with its loopback device up. */
export interface Namespace {
  readonly name: string;
  /** Runs `ip` on it, with arguments separated by single spaces. @throws {Error} with what ip complained of. */
  ip(command: string): Promise<void>;
  /** Runs a program in it and gives what it printed. @throws {Error} when the program fails. */
  run(file: string, argv: readonly string[], input?: string): Promise<string>;
  /** Deletes it and with it the devices in it. Processes in it must have ended. */
  delete(): Promise<void>;
}

/** Makes a namespace that no other run of the tests knows. */
export async function createNamespace(): Promise<Namespace> {
  const name = `nwtest-${uniqueSuffix()}`;
  await execa('ip', ['netns', 'add', name]);
  const namespace: Namespace = {
    name,
    ip: async (command) => {
      await execa('ip', ['-n', name, ...command.split(' ')]);
    },
    run: async (file, argv, input = '') =>
      (await execa(...inNamespace(name, file, argv), { input })).stdout,
    delete: async () => {
      await execa('ip', ['netns', 'delete', name]);
    },
  };
  await namespace.ip('link set lo up');
  return namespace;
}

/** The command line that runs a program in a namespace, or here. `ip` becomes the program, so its pid is the program's. */
export function inNamespace(
  namespace: string | undefined,
  file: string,
  argv: readonly string[],
): readonly [file: string, argv: readonly string[]] {
  return namespace === undefined
    ? [file, argv]
    : ['ip', ['netns', 'exec', namespace, file, ...argv]];
}

/** Six characters to make names unique on this machine, short enough for names of devices. */
export function uniqueSuffix(): string {
  return randomBytes(3).toString('hex');
}
