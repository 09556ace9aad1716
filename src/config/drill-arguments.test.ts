import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseDrill } from './drill-arguments.ts';

describe('parseDrill()', () => {
  test.each([
    [['list'], { name: 'list' }],
    [['checksum', '--to=192.0.2.1'], { name: 'checksum', address: '192.0.2.1', port: 4789 }],
    [
      ['checksum', '--to', '2001:db8::1', '--port=8472'],
      { name: 'checksum', address: '2001:db8::1', port: 8472 },
    ],
  ])('takes %j', (argv, drill) => {
    expect(parseDrill(argv)).toEqual(drill);
  });

  test.each([
    [[], 'expected nicwatch drill list'],
    [['hang'], '"hang"'],
    [['list', 'more'], 'expected nicwatch drill list'],
    [['checksum'], '--to=ADDRESS'],
    [['checksum', '--to=node-b'], '"node-b"'],
    [['checksum', '--to=239.1.1.1'], '"239.1.1.1"'],
    [['checksum', '--to=255.255.255.255'], '"255.255.255.255"'],
    [['checksum', '--to=ff02::1'], '"ff02::1"'],
    [['checksum', '--to=192.0.2.1', '--port=0'], '"0"'],
    [['checksum', '--to=192.0.2.1', '--port=1,2'], '--to=ADDRESS'],
    [['checksum', '--to=192.0.2.1', '--count=9999'], '--count'],
    [['checksum', '--to=192.0.2.1', 'more'], 'argument'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseDrill(argv)).toThrow(ConfigError);
    expect(() => parseDrill(argv)).toThrow(message);
  });
});
