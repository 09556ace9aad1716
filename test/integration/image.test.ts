import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, expect, test, vi } from 'vitest';

import { freePort } from '../support/agent-process.ts';
import { parseExposition } from '../support/exposition.ts';
import { fetchFrom } from '../support/fetch.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('ethtool') ?? commandProblem('unshare', 'setpriv');
const repository = fileURLToPath(new URL('../..', import.meta.url));
const nobody = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'nicwatch-image-'));

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Makes everything read-only but the state, gives up every right, and becomes the program. */
const confine = `
mount --bind "$STATE" "$STATE"
mount -o remount,bind,ro /
exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
`;

test.skipIf(problem !== undefined)(
  `the files of the image run as nobody on a read-only file system${skipNote(problem)}`,
  async () => {
    const state = join(folder, 'state');
    const runtime = join(folder, 'runtime');
    mkdirSync(state);
    chownSync(state, nobody, nobody);
    await execa(process.execPath, ['scripts/runtime-files.mjs', runtime], { cwd: repository });
    await execa('chmod', ['-R', 'a+rX', folder]);
    const address = `127.0.0.1:${await freePort()}`;
    const agent = execa(
      'unshare',
      [
        '--mount',
        'sh',
        '-ec',
        confine,
        'sh',
        join(runtime, 'nicwatch.cjs'),
        '--ethtool.reader=ioctl',
        '--kernel-log.source=none',
        `--state.directory=${state}`,
        `--web.listen-address=${address}`,
      ],
      { env: { STATE: state }, stdin: 'ignore', reject: false },
    );
    try {
      await vi.waitFor(
        async () => {
          const { text } = await fetchFrom(undefined, `http://${address}/metrics`);
          const exposition = parseExposition(text);
          expect(exposition.value('nicwatch_build_info', { ethtool_reader: 'ioctl' })).toBe(1);
          expect(
            exposition.samples('nicwatch_collector_success').filter(({ value }) => value !== 1),
          ).toEqual([]);
        },
        { timeout: 10_000 },
      );
      const mounts = readFileSync(`/proc/${agent.pid}/mounts`, 'utf8').split('\n');
      expect(mounts.find((line) => line.split(' ')[1] === '/')).toMatch(/ ro,/);
      expect(readFileSync(`/proc/${agent.pid}/status`, 'utf8')).toMatch(/^CapEff:\t0+$/m);
    } finally {
      agent.kill('SIGTERM');
      expect((await agent).stderr).not.toMatch(/level=(?:warn|error)/);
    }
  },
);
