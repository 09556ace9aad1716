import { readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { deviceIdentity } from '../../test/support/fake-ethtool-kernel.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { debianHost, recordedPath } from '../../test/support/recordings.ts';
import { statisticList } from '../../test/support/statistics.ts';
import { createEthtoolCommand } from './ethtool-command.ts';
import type { EthtoolReads } from './host.ts';

/** Reads of a device for which ethtool ends like this. */
function readsWhere(exitCode: number, stderr: string, device = 'eno1'): EthtoolReads {
  return createEthtoolCommand(async () => ({ exitCode, stdout: '', stderr }))(() =>
    deviceIdentity(device, 2),
  );
}

/** Reads of a device for which ethtool prints the current text. */
function readsOf(text: () => string): EthtoolReads {
  return createEthtoolCommand(async () => ({ exitCode: 0, stdout: text(), stderr: '' }))(() =>
    deviceIdentity('eno1', 2),
  );
}

/** What each version prints when it fails, with the code it exits with. */
const refusals = [
  [96, 'Cannot get stats strings information: No such device\n', 'absent'],
  [71, 'Cannot get driver information: No such device\n', 'absent'],
  [
    1,
    'netlink error: no device matches name (offset 24)\nnetlink error: No such device\n',
    'absent',
  ],
  [94, 'no stats available\n', 'unsupported'],
  [94, '', 'unsupported'],
  [71, 'Cannot get driver information: Operation not supported\n', 'unsupported'],
  [1, 'netlink error: Operation not permitted\n', 'denied'],
  [97, 'Cannot get stats information: Input/output error\n', 'failed'],
  [1, 'ethtool: bad command line argument(s)\n', 'failed'],
] as const;

describe('createEthtoolCommand()', () => {
  test.each(refusals)('translates exit code %d with %j to %s', async (exitCode, stderr, reason) => {
    await expect(readsWhere(exitCode, stderr).statistics()).rejects.toMatchObject({
      name: 'SourceError',
      reason,
      message: expect.stringContaining(`ethtool -S "eno1": exit code ${exitCode}`),
    });
  });

  test('runs one option on one device, by its current name', async () => {
    const asked: (readonly string[])[] = [];
    let name = '-x';
    const reads = createEthtoolCommand(async (file, argv) => {
      asked.push([file, ...argv]);
      return { exitCode: 0, stdout: 'driver: x\nFeatures for x:\nNIC statistics:\n', stderr: '' };
    })(() => deviceIdentity(name, 2));
    await reads.driverInfo();
    name = 'eth0';
    await reads.features().catch(() => {});
    name = 'eth0.7';
    await reads.statistics().catch(() => {});
    await reads.txRingSize().catch(() => {});
    expect(asked).toEqual([
      ['ethtool', '-i', '-x'],
      ['ethtool', '-k', 'eth0'],
      ['ethtool', '-S', 'eth0.7'],
      ['ethtool', '-g', 'eth0.7'],
    ]);
  });

  test('does not run for a name that is not valid UTF-8', async () => {
    await expect(readsWhere(0, '', 'x\uFFFD').driverInfo()).rejects.toMatchObject({
      reason: 'unsupported',
    });
  });

  test('passes parse errors on', async () => {
    await expect(readsWhere(0, '').features()).rejects.toMatchObject({ name: 'ParseError' });
  });

  test('returns the same features for the same text', async () => {
    let state = 'on';
    const reads = readsOf(() => `Features for eno1:\nrx-fcs: ${state}\n`);
    const first = await reads.features();
    expect(await reads.features()).toBe(first);
    state = 'off';
    const second = await reads.features();
    expect(second).toEqual([{ name: 'rx-fcs', enabled: false, requested: false, fixed: false }]);
    expect(await reads.features()).toBe(second);
  });

  test('returns the same statistics for the same text, and the same array for the same names', async () => {
    let [name, value] = ['rx', 1];
    const reads = readsOf(() => `NIC statistics:\n     ${name}: ${value}\n     tx: 7\n`);
    const first = await reads.statistics();
    expect(await reads.statistics()).toBe(first);
    value = 2;
    const second = await reads.statistics();
    expect(statisticList(second)).toEqual([
      { name: 'rx', value: 2n },
      { name: 'tx', value: 7n },
    ]);
    expect(second.names).toBe(first.names);
    name = 'received';
    expect((await reads.statistics()).names).toEqual(['received', 'tx']);
  });

  const devices = readdirSync(recordedPath(debianHost, 'sys/class/net'));

  test.each(devices)('reads %s as recorded, or reports why not', async (name) => {
    const device = createRecordedHost(debianHost)
      .devices()
      .find((each) => each.name === name);
    const reads = await Promise.allSettled([
      device?.driverInfo(),
      device?.statistics(),
      device?.features(),
    ]);
    const reasons = reads.map((read) =>
      read.status === 'rejected' ? read.reason.reason : read.value && 'read',
    );
    const hasStatistics = ![
      'lo',
      'vx42',
      'br0',
      'dummy0',
      'ens192.7',
      'ipvl0',
      'mv0',
      'tun1',
      'tunl0',
      'bond0',
    ].includes(name);
    const isDevice = name !== 'bonding_masters';
    expect(reasons).toEqual(
      isDevice
        ? [name === 'lo' ? 'unsupported' : 'read', hasStatistics ? 'read' : 'unsupported', 'read']
        : [undefined, undefined, undefined],
    );
  });
});
