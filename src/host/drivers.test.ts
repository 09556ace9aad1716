import { describe, expect, test, vi } from 'vitest';

import { deviceIdentity } from '../../test/support/fake-ethtool-kernel.ts';
import { SourceError } from '../model/errors.ts';
import { openDrivers } from './drivers.ts';
import type { EthtoolReads } from './host.ts';
import { openLibc } from './libc.ts';

const { signal } = new AbortController();

const missing = new SourceError('absent', 'no library');

async function withoutLibrary(): Promise<never> {
  throw missing;
}

/** Opens the reads of devices by ioctl. */
async function openByIoctl(): Promise<(device: string) => EthtoolReads> {
  const { openEthtool } = await openDrivers('ioctl', { signal });
  return (device) => openEthtool(() => deviceIdentity(device, 1));
}

async function reasonOf(read: Promise<unknown>): Promise<unknown> {
  return read.then(
    () => 'read',
    (error: unknown) => (error instanceof SourceError ? error.reason : error),
  );
}

describe('openDrivers()', () => {
  test.each([
    { choice: 'command', reader: 'command' },
    { choice: 'ioctl', reader: 'ioctl' },
    { choice: 'auto', reader: 'ioctl' },
  ] as const)('opens the reader $reader with $choice', async ({ choice, reader }) => {
    expect((await openDrivers(choice, { signal })).reader).toBe(reader);
  });

  test('falls back on the command if the C library cannot be called, and reports why', async () => {
    const drivers = await openDrivers('auto', { signal, open: withoutLibrary });
    expect(drivers.reader).toBe('command');
    expect(drivers.problems).toMatchObject([
      {
        reason: missing.reason,
        message: expect.stringMatching(
          /^--ethtool\.reader: the ethtool command .*; expected the package koffi/,
        ),
        cause: missing,
      },
    ]);
    expect(drivers.linkAnnouncements).toBeUndefined();
  });

  test.each([
    { choice: 'command', threads: '32', canWait: true },
    { choice: 'ioctl', threads: '32', canWait: true },
    // One held for the kernel log would leave none for files.
    { choice: 'ioctl', threads: '4', canWait: false },
  ] as const)(
    'polls the kernel log with $choice and $threads threads: $canWait',
    async ({ choice, threads, canWait }) => {
      vi.stubEnv('UV_THREADPOOL_SIZE', threads);
      const { waitReadable } = await openDrivers(choice, { signal });
      vi.unstubAllEnvs();
      expect(waitReadable !== undefined).toBe(canWait);
    },
  );

  test('reads the kernel log at intervals if the C library cannot be called', async () => {
    const drivers = await openDrivers('command', { signal, open: withoutLibrary });
    expect(drivers).toMatchObject({ waitReadable: undefined, exit: undefined });
    // Drivers are read as configured.
    expect(drivers.problems).toEqual([]);
  });

  test('throws if the C library cannot be called and the ioctl was requested', async () => {
    await expect(openDrivers('ioctl', { signal, open: withoutLibrary })).rejects.toMatchObject({
      name: 'ConfigError',
      message: '--ethtool.reader: no library',
    });
  });

  test('continues without announcements if it cannot subscribe', async () => {
    const drivers = await openDrivers('ioctl', {
      signal,
      open: async () => ({ ...(await openLibc()), bind: () => 'EPERM' }),
    });
    expect(drivers.reader).toBe('ioctl');
    expect(drivers.linkAnnouncements).toBeUndefined();
    expect(drivers.problems).toMatchObject([
      { name: 'SourceError', message: 'cannot follow changes of network devices: EPERM' },
    ]);
  });
});

describe('the reader by ioctl', () => {
  test.each([
    { device: 'lo', read: 'features', reason: 'read' },
    { device: 'lo', read: 'driverInfo', reason: 'unsupported' },
    { device: 'lo', read: 'statistics', reason: 'unsupported' },
    { device: 'lo', read: 'txRingSize', reason: 'unsupported' },
    { device: 'nobody0', read: 'features', reason: 'absent' },
    { device: 'nobody0', read: 'driverInfo', reason: 'absent' },
  ] as const)(
    'asked the kernel for $read of $device: $reason',
    async ({ device, read, reason }) => {
      const open = await openByIoctl();
      expect(await reasonOf(open(device)[read]())).toBe(reason);
    },
  );

  test('does not mix up the errors of concurrent calls', async () => {
    const open = await openByIoctl();
    const asked = Array.from({ length: 100 }, (_, index) =>
      open(index % 2 === 0 ? 'lo' : 'nobody0').driverInfo(),
    );
    expect(await Promise.all(asked.map(reasonOf))).toEqual(
      asked.map((_, index) => (index % 2 === 0 ? 'unsupported' : 'absent')),
    );
  });

  test('reports too many concurrent calls, and recovers', async () => {
    const lo = (await openByIoctl())('lo');
    const asked = Array.from({ length: 1000 }, async () => reasonOf(lo.driverInfo()));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['unsupported', 'failed']));
    expect(await reasonOf(lo.driverInfo())).toBe('unsupported');
  });
});
