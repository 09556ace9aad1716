import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { bootDebian, bootProblem } from '../support/debian-machine.ts';
import { formatLedger, parseLedger } from '../../src/parsers/ledger.ts';
import type { DebianMachine } from '../support/debian-machine.ts';
import { parseExposition } from '../support/exposition.ts';
import type { ExposedSample, Exposition } from '../support/exposition.ts';
import { fetchFrom } from '../support/fetch.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';
import { tunnelPacket } from '../support/tunnel-packet.ts';

const packProblem = commandProblem('dpkg-deb');
const problem = packProblem ?? bootProblem();
const repository = fileURLToPath(new URL('../..', import.meta.url));
const output = mkdtempSync(join(tmpdir(), 'nicwatch-packages-'));
/** CAP_SYSLOG and no other. */
const capabilities = (1n << 34n).toString(16).padStart(16, '0');
/** For a machine that is busy, on which a first scrape may come before the kernel log was read. */
const retry = { timeout: 15_000, interval: 500 };
const vnetBytes = 10;
const keptFlags = '--device.include=veth1';

afterAll(() => {
  rmSync(output, { recursive: true });
});

/** Packs what was built. */
async function pack(...flags: readonly string[]): Promise<string> {
  const { stdout } = await execa(
    process.execPath,
    ['scripts/package-deb.mjs', `--output=${mkdtempSync(join(output, 'package-'))}`, ...flags],
    { cwd: repository },
  );
  return stdout;
}

/** Packs the same sources as they would have been built from an older commit. */
async function packOlderCommit(version: string, revision: string): Promise<string> {
  const older = mkdtempSync(join(output, 'older-'));
  for (const name of [
    'src',
    'scripts',
    'deploy',
    'docs',
    'package.json',
    'tsconfig.json',
    'CHANGELOG.md',
    'runbooks.json',
  ]) {
    cpSync(join(repository, name), join(older, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(older, 'node_modules'));
  const env = {
    NICWATCH_VERSION: version,
    NICWATCH_REVISION: revision,
    SOURCE_DATE_EPOCH: '1577836800',
  };
  await execa(process.execPath, ['scripts/build.mjs'], { cwd: older, env });
  const { stdout } = await execa(process.execPath, ['scripts/package-deb.mjs'], {
    cwd: older,
    env,
  });
  return join(older, stdout);
}

/** Packs a package of these files, given by their paths; scripts of the package are below DEBIAN/. */
async function packFiles(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = mkdtempSync(join(output, 'package-'));
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: test\n`;
  for (const [path, content] of Object.entries({ 'DEBIAN/control': control, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, path), content, { mode: 0o755 });
  }
  const file = `${folder}.deb`;
  await execa('dpkg-deb', ['--build', folder, file]);
  return file;
}

let packed: Promise<string> | undefined;

/** The package of this commit, packed once. */
async function packOnce(): Promise<string> {
  packed ??= pack();
  return packed;
}

test.skipIf(packProblem !== undefined)(
  `the same commit gives the same package${skipNote(packProblem)}`,
  async () => {
    const [one, other] = [await packOnce(), await pack()];
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
  },
);

describe.skipIf(problem !== undefined)(`the Debian package${skipNote(problem)}`, () => {
  let machine: DebianMachine;
  let filesBefore: ReadonlySet<string>;

  beforeAll(async () => {
    machine = await bootDebian({ suite: 'trixie', packages: ['nodejs', 'ethtool'] });
    await machine.namespace.ip('link add veth0 address 02:02:02:02:02:02 type veth peer veth1');
    await machine.namespace.ip('address add 192.0.2.1/24 dev veth0');
    await machine.namespace.ip('link set veth0 up');
    await machine.namespace.ip('link set veth1 up');
    filesBefore = await filesOf(machine);
  }, 400_000);

  afterAll(async () => {
    await machine?.delete();
  }, 30_000);

  test('installs, and systemd runs it as a dynamic user with CAP_SYSLOG only', async () => {
    await install(await packOnce());
    expect(await show('ActiveState', 'UnitFileState')).toEqual(['active', 'enabled']);
    const [pid = ''] = await show('MainPID');
    const status = await machine.run('cat', `/proc/${pid}/status`);
    expect(status).toMatch(new RegExp(`^CapEff:\\t${capabilities}$`, 'm'));
    expect(status).toMatch(new RegExp(`^CapBnd:\\t${capabilities}$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).not.toMatch(/^Uid:.*\b0\b/m);
  });

  test('has a unit that systemd-analyze verifies', async () => {
    const unit = '/usr/lib/systemd/system/nicwatch.service';
    expect(await machine.run('systemd-analyze', 'verify', '--man=no', unit)).toBe('');
    // Tenths of the exposure level, of which 100 is the worst.
    await machine.run('systemd-analyze', 'security', '--threshold=20', 'nicwatch.service');
  });

  test.each([
    { reader: 'command', source: 'kmsg' },
    { reader: 'ioctl', source: 'journal' },
  ])('does all within the sandbox with $reader and $source', async ({ reader, source }) => {
    await setFlags(
      `--device.include=veth.* --ethtool.reader=${reader} --kernel-log.source=${source}`,
    );
    await vi.waitFor(async () => {
      const exposition = await scrape();
      const failed = (name: string): readonly ExposedSample[] =>
        exposition.samples(name).filter(({ value }) => value !== 1);
      expect(exposition.value('nicwatch_build_info', { ethtool_reader: reader })).toBe(1);
      expect(exposition.samples('nicwatch_collector_success')).not.toEqual([]);
      expect(failed('nicwatch_collector_success')).toEqual([]);
      expect(exposition.value('nicwatch_kernel_log_up', { source })).toBe(1);
      expect(exposition.value('nicwatch_state_persistent')).toBe(1);
      expect(exposition.value('nic_link_up', { device: 'veth0' })).toBe(1);
      expect(exposition.samples('nicwatch_device_read_success')).not.toEqual([]);
      expect(failed('nicwatch_device_read_success')).toEqual([]);
    }, retry);
    await machine.run('journalctl', '--sync');
    const [invocation = ''] = await show('InvocationID');
    const log = await machine.run(
      'journalctl',
      '--output=cat',
      `_SYSTEMD_INVOCATION_ID=${invocation}`,
    );
    expect(log).toContain('msg=listening');
    expect(log).not.toMatch(/level=(?:warn|error)/);
  });

  test('reloads its files on systemctl reload, in the same process', async () => {
    const file = 'etc/nicwatch-issues.yml';
    writeFileSync(join(machine.root, file), 'known_issues: []\n');
    await setFlags(`--known-issues.file=/${file}`);
    const pid = await show('MainPID');
    const before = await reloadedAt();
    await machine.run('systemctl', 'reload', 'nicwatch');
    await vi.waitFor(async () => expect(await reloadedAt()).toBeGreaterThan(before), retry);
    expect(await show('MainPID', 'ActiveState')).toEqual([...pid, 'active']);
    await setFlags('--device.include=veth.*');
    rmSync(join(machine.root, file));
  });

  test.each([
    {
      collector: 'wire',
      capability: 13n,
      works: async () => {
        const { name } = machine.namespace;
        const sender = new URL('../support/send-frames.pl', import.meta.url).pathname;
        const frame = tunnelPacket({}).subarray(vnetBytes).toString('hex');
        await execa('ip', ['netns', 'exec', name, 'perl', sender, 'veth1'], {
          input: `${frame}\n`.repeat(200),
        });
        const exposition = await scrape();
        return exposition.samples('nic_wire_samples_total').some(({ value }) => value > 0);
      },
    },
    {
      collector: 'netns',
      capability: undefined,
      works: async () => {
        // The processes of a machine in a PID namespace are not those of a host, which the agent looks for.
        const [protectProc] = await show('ProtectProc');
        return protectProc === 'default';
      },
    },
  ])('has a drop-in for $collector', async ({ collector, capability, works }) => {
    await setFlags(
      `--device.include=veth.* --poll.interval=1s --collector.${collector} --collector.wire.rate=1000`,
    );
    const folder = '/etc/systemd/system/nicwatch.service.d';
    expect(await works()).toBe(false);

    const example = `/usr/share/doc/nicwatch/examples/${collector}.conf`;
    await machine.run('install', '-D', '-m', '644', example, `${folder}/${collector}.conf`);
    await machine.run('systemctl', 'daemon-reload');
    const unit = '/usr/lib/systemd/system/nicwatch.service';
    expect(await machine.run('systemd-analyze', 'verify', '--man=no', unit)).toBe('');
    await machine.run('systemctl', 'restart', 'nicwatch');
    await vi.waitFor(async () => expect(await works()).toBe(true), retry);
    const [pid = ''] = await show('MainPID');
    const status = await machine.run('cat', `/proc/${pid}/status`);
    const expected = (1n << 34n) | (capability === undefined ? 0n : 1n << capability);
    expect(status).toContain(`CapEff:\t${expected.toString(16).padStart(16, '0')}\n`);

    await machine.run('rm', '-r', folder);
    await machine.run('systemctl', 'daemon-reload');
    await setFlags('--device.include=veth.*');
  });

  test('is restarted by the watchdog when polls no longer finish', async () => {
    await override('WatchdogSec=3s\nRestartSec=100ms');
    await machine.run('systemctl', 'restart', 'nicwatch');
    await setTimeout(4000);
    expect(await show('NRestarts')).toEqual(['0']);
    await machine.run('systemctl', 'kill', '--kill-whom=main', '--signal=STOP', 'nicwatch');
    await vi.waitFor(
      async () => {
        expect(await show('NRestarts', 'ActiveState')).toEqual(['1', 'active']);
      },
      { timeout: 10_000 },
    );
    await override('');
  });

  test('is socket-activated by a scrape', async () => {
    await machine.run('systemctl', 'stop', 'nicwatch');
    writeFileSync(defaultFile(), 'ARGS="--web.systemd-socket"\n');
    await machine.run('systemctl', 'start', 'nicwatch.socket');
    expect(await show('ActiveState')).toEqual(['inactive']);
    expect((await scrape()).value('nicwatch_build_info')).toBe(1);
    await machine.run('systemctl', 'stop', 'nicwatch.socket', 'nicwatch');
  });

  test('keeps flags and state when it is upgraded, and when it is removed', async () => {
    await setFlags(keptFlags);
    await machine.run('systemctl', 'stop', 'nicwatch');
    writeFileSync(ledgerFile(), withPreviousBoot(readFileSync(ledgerFile(), 'utf8')));
    await machine.run('systemctl', 'start', 'nicwatch');
    await expectKept();

    await install(await pack('--version=0.2.0'));
    expect(await show('ActiveState')).toEqual(['active']);
    expect(await machine.run('dpkg-query', '--show', 'nicwatch')).toBe('nicwatch\t0.2.0');
    await expectKept();

    await machine.run('dpkg', '--remove', 'nicwatch');
    expect(await show('ActiveState', 'LoadState')).toEqual(['inactive', 'masked']);
    await install(await pack('--version=0.3.0'));
    await expectKept();
  });

  test('runs the revision of a newer commit after an upgrade', async () => {
    await machine.run('dpkg', '--purge', 'nicwatch');
    await install(await packOlderCommit('0.0.1-git.20200101000000.g0123456', '0123456'));
    await vi.waitFor(async () => expect(await runningRevision()).toBe('0123456'), retry);
    await install(await packOnce());
    await vi.waitFor(async () => expect(await runningRevision()).not.toBe('0123456'), retry);
  });

  test('stays disabled if it was disabled', async () => {
    await machine.run('systemctl', 'disable', '--now', 'nicwatch');
    await install(await pack('--version=0.4.0'));
    expect(await show('UnitFileState')).toEqual(['disabled']);
  });

  test('deletes everything when purged', async () => {
    await machine.run('dpkg', '--purge', 'nicwatch');
    expect([...(await filesOf(machine))].filter((file) => !filesBefore.has(file))).toEqual([]);
  });

  test('npm test installs packages, and starts none of their services now or at boot', async () => {
    const file = await packFiles('nwtest', '1.0', {
      'usr/lib/systemd/system/nwtest.service': `[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n`,
      'DEBIAN/postinst': `#!/bin/sh -e\ndeb-systemd-helper enable nwtest.service\ndeb-systemd-invoke start nwtest.service\n`,
      'DEBIAN/postrm': `#!/bin/sh -e\ndeb-systemd-helper purge nwtest.service\n`,
    });
    const state = async (): Promise<string> =>
      machine.run('systemctl', 'show', 'nwtest', '--property=ActiveState,UnitFileState');
    await install(file);
    expect(await state()).toBe('ActiveState=active\nUnitFileState=enabled');
    await machine.run('systemctl', 'stop', 'nwtest');
    await machine.run('dpkg', '--purge', 'nwtest');

    // There is no mirror to be reached from here.
    rmSync(join(machine.root, 'etc/apt/sources.list'), { force: true });
    cpSync(file, join(machine.root, 'root/nwtest.deb'));
    cpSync(join(repository, 'scripts/ensure.sh'), join(machine.root, 'root/ensure.sh'));
    await machine.run('bash', '-ec', '. /root/ensure.sh; install_packages /root/nwtest.deb');
    expect(await state()).toBe('ActiveState=inactive\nUnitFileState=disabled');
    expect(existsSync(join(machine.root, 'usr/sbin/policy-rc.d'))).toBe(false);
  });

  test('is not installed if Node.js is too old', async () => {
    await install(await packFiles('nodejs', '18.20.4'));
    await expect(install(await packOnce())).rejects.toThrow(
      /nicwatch depends on nodejs \(>= 20\.19\); however:\n +Version of nodejs on system is 18\.20\.4/,
    );
  });

  /** Installs a package, or the newer version of it. */
  async function install(file: string): Promise<void> {
    cpSync(file, join(machine.root, 'root', basename(file)));
    await machine.run('dpkg', '--install', `/root/${basename(file)}`);
    rmSync(join(machine.root, 'root', basename(file)));
  }

  /** What systemd says of the service, in the order asked. */
  async function show(...properties: readonly string[]): Promise<readonly string[]> {
    const lines = (
      await machine.run('systemctl', 'show', 'nicwatch', `--property=${properties.join(',')}`)
    ).split('\n');
    return properties.map(
      (name) =>
        lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? 'unknown',
    );
  }

  /** Writes the default file as an administrator would. */
  async function setFlags(flags: string): Promise<void> {
    writeFileSync(defaultFile(), `ARGS="${flags}"\n`);
    // Nobody but a test starts it anew so often.
    await machine.run('systemctl', 'reset-failed', 'nicwatch');
    await machine.run('systemctl', 'restart', 'nicwatch');
  }

  async function override(settings: string): Promise<void> {
    const folder = join(machine.root, 'etc/systemd/system/nicwatch.service.d');
    rmSync(folder, { recursive: true, force: true });
    if (settings !== '') {
      mkdirSync(folder);
      writeFileSync(join(folder, 'test.conf'), `[Service]\n${settings}\n`);
    }
    await machine.run('systemctl', 'daemon-reload');
  }

  async function scrape(): Promise<Exposition> {
    const { text } = await fetchFrom(machine.namespace.name, 'http://127.0.0.1:10140/metrics');
    return parseExposition(text);
  }

  async function reloadedAt(): Promise<number> {
    return (await scrape()).value('nicwatch_config_last_reload_success_timestamp_seconds') ?? 0;
  }

  async function runningRevision(): Promise<string | undefined> {
    return (await scrape()).samples('nicwatch_build_info')[0]?.labels.get('revision');
  }

  const defaultFile = (): string => join(machine.root, 'etc/default/nicwatch');
  const ledgerFile = (): string => join(machine.root, 'var/lib/private/nicwatch/kernel-log.json');

  /** The service runs with the flags and the state the test gave it. */
  async function expectKept(): Promise<void> {
    expect(readFileSync(defaultFile(), 'utf8')).toBe(`ARGS="${keptFlags}"\n`);
    await vi.waitFor(async () => {
      const exposition = await scrape();
      expect(exposition.samples('nic_link_up').map(({ labels }) => labels.get('device'))).toEqual([
        'veth1',
      ]);
      expect(
        exposition.value('nic_previous_boot_kernel_events', { device: 'eno9', event: 'unit_hang' }),
      ).toBe(7);
    }, retry);
  }
});

/** A state file that tells of a hang before this boot, which the kernel log no longer holds. */
function withPreviousBoot(text: string): string {
  const event = {
    device: 'eno9',
    driver: 'e1000e',
    event: 'unit_hang',
    count: 7,
    lastTimestampSeconds: undefined,
  } as const;
  return formatLedger({
    ...parseLedger(text),
    previousBoot: { bootId: '00000000-0000-4000-8000-000000000000', events: [event] },
  });
}

/** Every path of the machine's disk but those of logs and of the package manager's own records. */
async function filesOf(machine: DebianMachine): Promise<ReadonlySet<string>> {
  const paths = (await machine.run('find', '/', '-xdev')).split('\n');
  return new Set(paths.filter((path) => !/^\/var\/(?:log|lib\/dpkg)\//.test(path)));
}
