import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';

import { builtAgent, runAgent } from '../support/agent-process.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

const nobody = 65_534;
const problem =
  process.getuid?.() === 0
    ? (commandProblem('setpriv') ?? commandProblem('unshare'))
    : 'needs root to become somebody else';
const folder = mkdtempSync(join(tmpdir(), 'nicwatch-check-'));

/** The last line for each exit code. */
const lastLines: Readonly<Record<number, RegExp>> = {
  0: /^\d+ devices?, \d+ checks, nothing to do\.$/,
  1: /^\d+ devices?(?:, \d+ (?:critical|warnings?|unknown))+\.$/,
  2: /^\d+ devices?, \d+ checks, \d+ could not look(?:\.|: sudo nicwatch check)$/,
};

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Processes of other tests, whose namespaces may receive corrupt packets meanwhile, are not visible. */
const ownProcesses = ['--pid', '--fork', '--mount-proc', '--kill-child'] as const;

async function checkAlone(flags: readonly string[]): Promise<{
  readonly exitCode: number | undefined;
  readonly stdout: string;
}> {
  const { exitCode, stdout } = await execa(
    'unshare',
    [...ownProcesses, process.execPath, builtAgent(), 'check', ...flags],
    { reject: false, env: { LANG: 'C.UTF-8' } },
  );
  return { exitCode, stdout };
}

describe('nicwatch check on this machine', () => {
  test('ends with the line of its exit code', async () => {
    const { exitCode = -1, stdout, stderr } = await runAgent(['check', '--device.include=lo']);
    expect(stderr).toBe('');
    expect(lastLine(stdout)).toMatch(lastLines[exitCode] ?? /^$/);
  });

  test.skipIf(problem !== undefined)(
    `says as an ordinary user what it could not look at${skipNote(problem)}`,
    async () => {
      // Where everybody may read it.
      const agent = join(folder, 'nicwatch.cjs');
      copyFileSync(builtAgent(), agent);
      await execa('chmod', ['-R', 'a+rX', folder]);
      const { exitCode = -1, stdout } = await execa(
        'unshare',
        [
          ...ownProcesses,
          'setpriv',
          `--reuid=${nobody}`,
          `--regid=${nobody}`,
          '--clear-groups',
          process.execPath,
          agent,
          'check',
          '--device.include=lo',
          '--ethtool.reader=command',
          '--kernel-log.source=journal',
        ],
        { reject: false, cwd: '/', env: { LANG: 'C.UTF-8' } },
      );
      expect(stdout).toContain('? lo   could not look for hangs');
      expect(exitCode).toBe(2);
      expect(lastLine(stdout)).toMatch(/could not look: sudo nicwatch check$/);
    },
  );

  test.skipIf(problem !== undefined)(
    `says in a container without the root and the processes of its host what is missing${skipNote(problem)}`,
    async () => {
      const empty = join(folder, 'empty');
      mkdirSync(empty);
      const { exitCode, stdout } = await checkAlone([
        '--device.include=lo',
        `--path.rootfs=${empty}`,
      ]);
      expect(stdout).toContain('could not look what the next reboot brings: /etc cannot be read');
      expect(stdout).toContain(
        'could not look for checksum errors in the network namespaces of pods',
      );
      expect(exitCode).toBe(2);
      expect(lastLine(stdout)).toMatch(lastLines[2] ?? /^$/);
    },
  );

  test.skipIf(problem !== undefined)(`gives JSON${skipNote(problem)}`, async () => {
    const { stdout, exitCode } = await checkAlone([
      '--device.include=lo',
      '--format=json',
      '--allow-unknown',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'success',
      data: { devices: [{ name: 'lo' }], summary: { critical: 0, warning: 0 } },
    });
    expect(exitCode).toBe(0);
  });

  test.each([
    [['check', 'nosuch0'], 'nosuch0'],
    [['check', '--format=xml'], '--format'],
    [['check', '--web.listen-address=:1'], '--web.listen-address'],
  ])('refuses %j with code 2 and one line', async (flags, named) => {
    const { exitCode, stdout, stderr } = await runAgent(flags);
    expect(stderr).toMatch(/^nicwatch: [^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  test('has a help', async () => {
    const { stdout, exitCode } = await runAgent(['check', '--help']);
    expect(stdout).toContain('--allow-unknown');
    expect(exitCode).toBe(0);
  });
});

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
