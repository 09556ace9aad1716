import { describe, expect, test, vi } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { openDrivers } from './drivers.ts';
import type { DeviceIdentity } from './devices.ts';
import type { EthtoolReader } from './host.ts';
import { openLibc } from './libc.ts';

const { signal } = new AbortController();

const missing = new SourceError('absent', 'no library');

async function withoutLibrary(): Promise<never> {
  throw missing;
}

function identify(device: string): DeviceIdentity {
  if (device === 'unheard') {
    throw new SourceError('absent', 'there is no device "unheard"');
  }
  return { rawName: Buffer.from(device), interfaceIndex: 1 };
}

async function openReader(choice: 'auto' | 'ioctl' | 'command'): Promise<EthtoolReader> {
  const { createEthtoolReader } = await openDrivers(choice, { signal });
  return createEthtoolReader(identify);
}

async function reasonOf(read: Promise<unknown>): Promise<unknown> {
  return read.then(
    () => 'read',
    (error: unknown) => (error instanceof SourceError ? error.reason : error),
  );
}

describe('openDrivers()', () => {
  test.each([
    { choice: 'command', kind: 'command' },
    { choice: 'ioctl', kind: 'ioctl' },
    { choice: 'auto', kind: 'ioctl' },
  ] as const)('opens, told $choice, the reader by $kind', async ({ choice, kind }) => {
    expect((await openReader(choice)).kind).toBe(kind);
  });

  test('does with the command where the C library cannot be called, and says why', async () => {
    const drivers = await openDrivers('auto', { signal, open: withoutLibrary });
    expect(drivers.createEthtoolReader(identify).kind).toBe('command');
    expect(drivers.problems).toEqual([missing]);
    expect(drivers.linkAnnouncements).toBeUndefined();
  });

  test.each([
    { choice: 'command', threads: '32', canWait: true },
    { choice: 'ioctl', threads: '32', canWait: true },
    // One held for the kernel log would leave none for files.
    { choice: 'ioctl', threads: '4', canWait: false },
  ] as const)(
    'waits for the kernel log, told $choice and with $threads threads: $canWait',
    async ({ choice, threads, canWait }) => {
      vi.stubEnv('UV_THREADPOOL_SIZE', threads);
      const { waitReadable } = await openDrivers(choice, { signal });
      vi.unstubAllEnvs();
      expect(waitReadable !== undefined).toBe(canWait);
    },
  );

  test('reads the kernel log by the clock where the C library cannot be called', async () => {
    const drivers = await openDrivers('command', { signal, open: withoutLibrary });
    expect(drivers).toMatchObject({ waitReadable: undefined, exitIfWaiting: undefined });
    // Drivers are read as was asked.
    expect(drivers.problems).toEqual([]);
  });

  test('refuses where the C library cannot be called and nothing else will do', async () => {
    await expect(openDrivers('ioctl', { signal, open: withoutLibrary })).rejects.toMatchObject({
      name: 'ConfigError',
      message: '--ethtool.reader: no library',
    });
  });

  test('does without announcements where they cannot be had', async () => {
    const drivers = await openDrivers('ioctl', {
      signal,
      open: async () => ({ ...(await openLibc()), bind: () => 'EPERM' }),
    });
    expect(drivers.createEthtoolReader(identify).kind).toBe('ioctl');
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
    { device: 'unheard', read: 'driverInfo', reason: 'absent' },
  ] as const)(
    'asked the kernel for $read of $device: $reason',
    async ({ device, read, reason }) => {
      const reader = await openReader('ioctl');
      expect(await reasonOf(reader[read](device))).toBe(reason);
    },
  );

  test('keeps the errors of calls at the same time apart', async () => {
    const reader = await openReader('ioctl');
    const asked = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? reader.driverInfo('lo') : reader.driverInfo('nobody0'),
    );
    expect(await Promise.all(asked.map(reasonOf))).toEqual(
      asked.map((_, index) => (index % 2 === 0 ? 'unsupported' : 'absent')),
    );
  });

  test('says so when there are too many calls at the same time, and works again', async () => {
    const reader = await openReader('ioctl');
    const asked = Array.from({ length: 1000 }, async () => reasonOf(reader.driverInfo('lo')));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['unsupported', 'failed']));
    expect(await reasonOf(reader.driverInfo('lo'))).toBe('unsupported');
  });
});
