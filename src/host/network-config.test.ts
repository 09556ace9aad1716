import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readNetworkConfig } from './network-config.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nicwatch-root-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

describe('readNetworkConfig()', () => {
  test('reads what configures networks, with its permissions', async () => {
    write('/etc/network/interfaces', 'auto eno1\n');
    write('/etc/systemd/network/10-a.link.d/b.conf', '[Link]\n');
    write('/etc/NetworkManager/system-connections/a.nmconnection', '[connection]\n', 0o600);
    write('/etc/passwd', 'root\n');
    const { files, present, unreadable } = await readNetworkConfig(root, undefined);
    expect([...files.values()].map(({ path, mode }) => [path, mode])).toEqual([
      ['/etc/network/interfaces', 0o644],
      ['/etc/systemd/network/10-a.link.d/b.conf', 0o644],
      ['/etc/NetworkManager/system-connections/a.nmconnection', 0o600],
    ]);
    expect(present).toEqual(new Set(['/etc']));
    expect(unreadable).toEqual([]);
  });

  test('follows what a file of interfaces(5) includes, wherever it is', async () => {
    write('/etc/network/interfaces', 'source /srv/net/*.cfg\nsource-directory *.d\n');
    write('/srv/net/a.cfg', 'source-directory /srv/more\n\niface eno1 inet manual\n');
    write('/srv/more/b', 'iface eno2 inet manual\n');
    write('/etc/network/other.d/c', 'auto eno3\n');
    const { files } = await readNetworkConfig(root, undefined);
    expect([...files.keys()]).toEqual([
      '/etc/network/interfaces',
      '/srv/net/a.cfg',
      '/etc/network/other.d/c',
      '/srv/more/b',
    ]);
  });

  test('follows links as the host would, and never out of its root', async () => {
    write('/lib/units/a.service', '[Service]\nExecStart=/sbin/ethtool\n');
    write('/etc/systemd/system/d.service', '[Service]\nExecStart=/bin/true\n');
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
    symlinkSync('/lib/units/a.service', join(root, 'etc/systemd/system/a.service'));
    symlinkSync('../../../../../../etc/passwd', join(root, 'etc/systemd/system/b.service'));
    symlinkSync('c.service', join(root, 'etc/systemd/system/c.service'));
    const { files, unreadable } = await readNetworkConfig(root, undefined);
    expect([...files.values()].map(({ path, text }) => [path, text])).toEqual([
      ['/etc/systemd/system/a.service', '[Service]\nExecStart=/sbin/ethtool\n'],
      ['/etc/systemd/system/d.service', ''],
    ]);
    expect(unreadable.map(({ path, source }) => [path, source])).toEqual([
      ['/etc/systemd/system/c.service', 'systemd-unit'],
    ]);
  });

  test('reads a masked file as empty', async () => {
    mkdirSync(join(root, 'etc/systemd/network'), { recursive: true });
    mkdirSync(join(root, 'dev'));
    mkdirSync(join(root, 'dev/null'));
    symlinkSync('/dev/null', join(root, 'etc/systemd/network/99-default.link'));
    const { files } = await readNetworkConfig(root, undefined);
    expect(files.get('/etc/systemd/network/99-default.link')?.text).toBe('');
  });

  test('reports a file that is too long', async () => {
    write('/etc/udev/rules.d/90-x.rules', '#'.repeat(300_000));
    const { files, unreadable } = await readNetworkConfig(root, undefined);
    expect(files.size).toBe(0);
    expect(unreadable).toMatchObject([
      { source: 'udev', error: { reason: 'failed', message: expect.stringContaining('262144') } },
    ]);
  });

  test('returns the previous configuration while nothing changes', async () => {
    write('/etc/network/interfaces', 'auto eno1\n');
    const first = await readNetworkConfig(root, undefined);
    const second = await readNetworkConfig(root, first);
    write('/etc/network/interfaces', 'auto eno1 eno2\n');
    const third = await readNetworkConfig(root, second);
    rmSync(join(root, 'etc/network/interfaces'));
    const fourth = await readNetworkConfig(root, third);
    expect(second).toBe(first);
    expect(third.files.get('/etc/network/interfaces')?.text).toBe('auto eno1 eno2\n');
    expect(fourth.files.size).toBe(0);
  });

  test('finds nothing in a root without /etc', async () => {
    expect(await readNetworkConfig(root, undefined)).toEqual({
      files: new Map(),
      present: new Set(),
      unreadable: [],
    });
  });
});
