import { describe, expect, test } from 'vitest';

import { formatOffloadHistory, parseOffloadHistory } from '../parsers/offload-history.ts';
import { advanceHistory } from './offload-history.ts';
import type { DeviceHistory } from './offload-history.ts';

const start = { device: '0000:00:1f.6', bootId: 'boot-1', interfaceIndex: 2 };

function feature(requested: boolean, fixed = false) {
  return { name: 'rx-gro', enabled: requested, requested, fixed };
}

function advance(
  previous: DeviceHistory | undefined,
  requested: boolean,
  seen: Partial<typeof start> & { readonly nowSeconds: number },
): DeviceHistory {
  return advanceHistory(previous, { ...start, ...seen, features: [feature(requested)] });
}

describe('advanceHistory()', () => {
  const first = advance(undefined, false, { nowSeconds: 100 });

  test.each([
    [
      'nobody, at first',
      first,
      { enabled: false, sinceSeconds: 100, cause: 'first_seen', kept: 0 },
    ],
    [
      'somebody, where the device is the same',
      advance(first, true, { nowSeconds: 200 }),
      { enabled: true, sinceSeconds: 200, cause: 'switched', kept: 0 },
    ],
    [
      'a boot that did not have it again',
      advance(first, true, { nowSeconds: 200, bootId: 'boot-2' }),
      { enabled: true, sinceSeconds: 200, cause: 'boot', kept: 0 },
    ],
    [
      'a replug that did not have it again',
      advance(first, true, { nowSeconds: 200, interfaceIndex: 9 }),
      { enabled: true, sinceSeconds: 200, cause: 'device_new', kept: 0 },
    ],
    [
      'nobody, through a boot and a replug',
      advance(advance(first, false, { nowSeconds: 200, bootId: 'boot-2' }), false, {
        nowSeconds: 300,
        bootId: 'boot-2',
        interfaceIndex: 9,
      }),
      { enabled: false, sinceSeconds: 100, cause: 'first_seen', kept: 2 },
    ],
  ] as const)('puts a change down to %s', (_, { features }, expected) => {
    expect(features.get('rx-gro')).toEqual(expected);
  });

  test('gives the same object while nothing is new', () => {
    expect(advance(first, false, { nowSeconds: 200 })).toBe(first);
  });

  test('leaves out what cannot be changed', () => {
    const { features } = advanceHistory(undefined, {
      ...start,
      nowSeconds: 100,
      features: [feature(false, true)],
    });
    expect(features.size).toBe(0);
  });

  test('is read as it was written', () => {
    expect(parseOffloadHistory(formatOffloadHistory([first]))).toEqual([first]);
  });
});

describe('parseOffloadHistory()', () => {
  test.each([
    '',
    'null',
    '[]',
    '{"version":2,"devices":[]}',
    '{"version":1,"devices":{}}',
    '{"version":1,"devices":[{"device":"a","bootId":"b"}]}',
    '{"version":1,"devices":[{"device":"a","bootId":"b","interfaceIndex":1,"features":{"x":{"enabled":1}}}]}',
    '{"version":1,"devices":[{"device":"a","bootId":"b","interfaceIndex":1,"features":{"x":{"enabled":true,"sinceSeconds":1,"cause":"magic","kept":0}}}]}',
  ])('refuses %j', (text) => {
    expect(() => parseOffloadHistory(text)).toThrow('expected');
  });
});
