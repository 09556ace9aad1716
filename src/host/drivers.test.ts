import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { openEthtool } from './ethtool-reader.ts';
import type { EthtoolReader } from './host.ts';

const { signal } = new AbortController();

async function openReader(choice: 'auto' | 'ioctl' | 'command'): Promise<EthtoolReader> {
  const createReader = await openEthtool(choice, signal);
  return createReader((device) => {
    if (device === 'unheard') {
      throw new SourceError('absent', 'there is no device "unheard"');
    }
    return { rawName: Buffer.from(device), interfaceIndex: 1 };
  });
}

async function reasonOf(read: Promise<unknown>): Promise<unknown> {
  return read.then(
    () => 'read',
    (error: unknown) => (error instanceof SourceError ? error.reason : error),
  );
}

describe('openEthtool()', () => {
  test.each([
    { choice: 'command', kind: 'command' },
    { choice: 'ioctl', kind: 'ioctl' },
    { choice: 'auto', kind: 'command' },
  ] as const)('opens, told $choice, the reader by $kind', async ({ choice, kind }) => {
    expect((await openReader(choice)).kind).toBe(kind);
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
