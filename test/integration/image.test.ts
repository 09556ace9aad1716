import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { readVersion } from '../../scripts/version.mjs';
import { buildImage, imageProblem } from '../support/image.ts';
import type { Image } from '../support/image.ts';
import { createNamespace, inNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { startPrometheus } from '../support/prometheus-process.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

const problem = imageProblem() ?? commandProblem('prometheus');
const nodeUser = 1000;

/** Becomes a program in the image, whose file system is read-only but for its volume, as its user and without any right. */
const confine = `
root=$1 user=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
for shared in proc sys dev; do mount --rbind "/$shared" "$root/$shared"; done
mount --bind "$STATE" "$root/var/lib/nicwatch"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups \\
  --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
`;

describe.skipIf(problem !== undefined)(`the image${skipNote(problem)}`, () => {
  const version = readVersion();
  const state = mkdtempSync(join(tmpdir(), 'nicwatch-image-state-'));
  let image: Image;
  let namespace: Namespace;

  beforeAll(async () => {
    chownSync(state, nodeUser, nodeUser);
    namespace = await createNamespace();
    await namespace.ip('link add veth0 type veth peer veth1');
    image = await buildImage(version);
  }, 600_000);

  afterAll(async () => {
    rmSync(state, { recursive: true });
    await image?.delete();
    await namespace?.delete();
  }, 60_000);

  /** Runs a program of the image as a container runtime would. */
  function run(argv: readonly string[]) {
    return execa(
      ...inNamespace(namespace.name, 'unshare', [
        '--mount',
        'sh',
        '-ec',
        confine,
        'sh',
        image.root,
        image.user,
        ...argv,
      ]),
      {
        env: { STATE: state, ...image.environment },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
      },
    );
  }

  test('runs as an ordinary user on a read-only file system, and Prometheus scrapes it', async () => {
    const agent = run([
      ...image.entrypoint,
      '--device.include=veth.*',
      '--path.rootfs=/host',
      '--poll.interval=1s',
    ]);
    const prometheus = await startPrometheus({
      namespace,
      configuration: `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: nicwatch
    static_configs: [{ targets: ['127.0.0.1:10140'] }]
`,
    });
    try {
      const build = `nicwatch_build_info{version="${version}",ethtool_reader="ioctl"}`;
      await vi.waitFor(async () => expect(await prometheus.query(build)).toEqual([1]), {
        timeout: 20_000,
        interval: 500,
      });
      expect(await prometheus.query('up')).toEqual([1]);
      expect(await prometheus.query('nic_link_up{device=~"veth."}')).toEqual([0, 0]);
      expect(await prometheus.query('nicwatch_state_persistent')).toEqual([1]);
      expect(
        await prometheus.query('nicwatch_collector_success{collector!="kernel-log"} == 0'),
      ).toEqual([]);
      // The /etc of the image is not that of the host.
      expect(await prometheus.query('max(nicwatch_network_config_readable)')).toEqual([0]);

      const status = readFileSync(`/proc/${agent.pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\t${nodeUser}\\t${nodeUser}\\t`, 'm'));
      expect(status).toMatch(/^CapEff:\t0+$/m);
      const mounts = readFileSync(`/proc/${agent.pid}/mounts`, 'utf8').split('\n');
      expect(mounts.find((line) => line.split(' ')[1] === '/')).toMatch(/ ro,/);
      expect(await run(image.healthcheck)).toMatchObject({ exitCode: 0, stderr: '' });
    } finally {
      await prometheus.stop();
      agent.kill('SIGTERM');
      expect(await agent).toMatchObject({ exitCode: 0 });
    }
    expect(await run(image.healthcheck)).toMatchObject({ exitCode: 1 });
  });

  test.each([
    [['nicwatch', '--version'], `nicwatch, version ${version} `],
    [['nicwatch', 'drill', 'list'], 'checksum'],
    [['journalctl', '--version'], 'systemd 252'],
    [['ethtool', '--version'], 'ethtool version'],
  ])('has the command %j', async (argv, output) => {
    const { exitCode, stdout } = await run(argv);
    expect(stdout).toContain(output);
    expect(exitCode).toBe(0);
  });
});
