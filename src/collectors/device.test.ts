import { describe, expect, test } from 'vitest';

import { overrideDevices } from '../../test/support/override-devices.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { scrape } from '../../test/support/scrape.ts';
import { SourceError } from '../model/errors.ts';

/** The speed of eno1 as exported, where its attributes read so. */
async function speedWith(attributes: Readonly<Record<'carrier' | 'speed', string>>) {
  const host = overrideDevices(createRecordedHost('debian-6.12.95-qemu'), () => ({
    readAttribute: async (attribute) => {
      const text = attributes[attribute];
      if (text === 'EINVAL') {
        throw new SourceError('unsupported', 'no value in this state');
      }
      return text;
    },
  }));
  const text = await scrape(host, ['--device.include=eno1', '--kernel-log.source=none']);
  return /^nic_link_speed_bytes_per_second\{device="eno1"\} (.*)$/m.exec(text)?.[1];
}

describe('deviceCollector', () => {
  test.each([
    ['has link', { carrier: '1\n', speed: '1000\n' }, '125000000'],
    ['has link at an unknown speed', { carrier: '1\n', speed: '-1\n' }, undefined],
    ['lost its link, and whose driver shows no speed', { carrier: '0\n', speed: '0\n' }, undefined],
    [
      'lost its link, and whose driver shows the last speed',
      { carrier: '0\n', speed: '1000\n' },
      undefined,
    ],
    ['is administratively down', { carrier: 'EINVAL', speed: 'EINVAL' }, undefined],
    [
      'is administratively down, on a kernel that shows a speed',
      { carrier: 'EINVAL', speed: '-1\n' },
      undefined,
    ],
  ])('deviceCollector exports the speed of a port that %s', async (_what, attributes, speed) => {
    expect(await speedWith(attributes)).toBe(speed);
  });
});
