import { readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { createEthtoolCommandReader } from './ethtool-command.ts';

const hostName = 'debian-6.12.95-qemu';

/** A reader for which ethtool ends like this. */
function readerWhere(exitCode: number, stderr: string) {
  return createEthtoolCommandReader(async () => ({ exitCode, stdout: '', stderr }));
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

describe('createEthtoolCommandReader()', () => {
  test.each(refusals)('knows exit code %d with %j as %s', async (exitCode, stderr, reason) => {
    await expect(readerWhere(exitCode, stderr).statistics('eno1')).rejects.toMatchObject({
      name: 'SourceError',
      reason,
      message: expect.stringContaining(`ethtool -S "eno1": exit code ${exitCode}`),
    });
  });

  test('asks for one thing of one device', async () => {
    const asked: (readonly string[])[] = [];
    const reader = createEthtoolCommandReader(async (file, argv) => {
      asked.push([file, ...argv]);
      return { exitCode: 0, stdout: 'driver: x\nFeatures for x:\nNIC statistics:\n', stderr: '' };
    });
    await reader.driverInfo('-x');
    await reader.features('eth0').catch(() => {});
    await reader.statistics('eth0.7').catch(() => {});
    expect(asked).toEqual([
      ['ethtool', '-i', '-x'],
      ['ethtool', '-k', 'eth0'],
      ['ethtool', '-S', 'eth0.7'],
    ]);
  });

  test('does not ask for a name that cannot be passed on', async () => {
    await expect(readerWhere(0, '').driverInfo('x\uFFFD')).rejects.toMatchObject({
      reason: 'unsupported',
    });
  });

  test('passes a text it cannot parse on as such', async () => {
    await expect(readerWhere(0, '').features('eno1')).rejects.toMatchObject({ name: 'ParseError' });
  });

  const devices = readdirSync(
    new URL(`../../test/hosts/${hostName}/sys/class/net`, import.meta.url),
  );

  test.each(devices)('reads %s as recorded, or says why not', async (device) => {
    const { ethtool } = createRecordedHost(hostName);
    const reads = await Promise.allSettled([
      ethtool.driverInfo(device),
      ethtool.statistics(device),
      ethtool.features(device),
    ]);
    const isDevice = device !== 'bonding_masters';
    const reasons = reads.map((read) =>
      read.status === 'fulfilled' ? 'read' : read.reason.reason,
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
    ].includes(device);
    expect(reasons).toEqual(
      isDevice
        ? [device === 'lo' ? 'unsupported' : 'read', hasStatistics ? 'read' : 'unsupported', 'read']
        : ['absent', 'absent', 'absent'],
    );
  });
});
