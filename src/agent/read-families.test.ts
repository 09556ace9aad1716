import { describe, expect, test } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { DeviceRead, WatchedDevice } from '../collectors/collector.ts';
import { SourceError } from '../model/errors.ts';
import { createGuard } from './guard.ts';
import { createPollClock } from './poll-clock.ts';
import type { Failures } from './poll.ts';
import { createReadFamilies } from './read-families.ts';

const noFailures: Failures = new Map();
const failed = new SourceError('failed', 'EIO');
const stuck = new SourceError('timeout', 'no answer');

/** Read families of two devices whose attempted reads can be set. */
function readFamilies() {
  const host = createRecordedHost('debian-6.12.95-qemu');
  const devices = host
    .devices()
    .filter(({ name }) => name === 'eno1' || name === 'ens3')
    .map(createGuard(host, createPollClock(25)).watch);
  const attempted = new Map<string, readonly DeviceRead[]>(
    devices.map(({ name }) => [name, ['statistics']]),
  );
  const families = createReadFamilies(({ name }) => attempted.get(name) ?? []);
  /** By device and read, `SUCCESS STUCK`. */
  const status = (
    failures: Failures = noFailures,
    watched: readonly WatchedDevice[] = devices,
  ): Readonly<Record<string, string>> => {
    const [success, isStuck] = families(watched, failures);
    return Object.fromEntries(
      (success?.samples ?? []).map(({ labels, value }, index) => [
        Object.values(labels).join(' '),
        `${value} ${isStuck?.samples[index]?.value}`,
      ]),
    );
  };
  return { devices, attempted, families, status };
}

describe('createReadFamilies()', () => {
  test('returns the same families while all reads succeed', () => {
    const { devices, families, status } = readFamilies();
    expect(status()).toEqual({ 'eno1 statistics': '1 0', 'ens3 statistics': '1 0' });
    expect(families(devices, noFailures)).toBe(families(devices, noFailures));
  });

  test('exports a failure, a timeout and the recovery', () => {
    const { status } = readFamilies();
    const good = status();
    for (const [error, expected] of [
      [failed, '0 0'],
      [stuck, '0 1'],
    ] as const) {
      const failures = new Map([['ens3', new Map([['statistics', error] as const])]]);
      expect(status(failures)).toEqual({ ...good, 'ens3 statistics': expected });
      expect(status()).toEqual(good);
    }
  });

  test('exports sysfs and ring sizes of a device only while they fail', () => {
    const { status } = readFamilies();
    const good = status();
    for (const read of ['sysfs', 'rings'] as const) {
      const failures = new Map([['ens3', new Map([[read, failed]])]]);
      expect(status(failures)).toEqual({ ...good, [`ens3 ${read}`]: '0 0' });
    }
    expect(status()).toEqual(good);
  });

  test('exports a read that is attempted from now on, and other devices', () => {
    const { devices, attempted, status } = readFamilies();
    const good = status();
    attempted.set('ens3', ['statistics', 'features']);
    expect(status()).toEqual({ ...good, 'ens3 features': '1 0' });
    expect(status(noFailures, devices.slice(0, 1))).toEqual({ 'eno1 statistics': '1 0' });
  });
});
