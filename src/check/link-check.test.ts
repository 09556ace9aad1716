import { describe, expect, test } from 'vitest';

import { linkChecksOf } from './link-check.ts';

function settings(
  speed: number,
  partner: string,
  { duplex = 'Full', advertised = '1000baseT/Full' } = {},
) {
  return `Settings for eno1:
	Supported link modes:   100baseT/Full
	                        1000baseT/Full
	Advertised link modes:  ${advertised}
	Link partner advertised link modes:  ${partner}
	Speed: ${speed}Mb/s
	Duplex: ${duplex}
`;
}

describe('linkChecksOf()', () => {
  test.each([
    ['as fast as both can', settings(1000, '1000baseT/Full'), 'ok'],
    ['slower than both can', settings(100, '100baseT/Full 1000baseT/Full'), 'warning'],
    ['as fast as the other end can', settings(100, '100baseT/Full'), 'ok'],
    ['to an end that does not negotiate', settings(100, 'Not reported'), 'ok'],
    ['half duplex', settings(1000, 'Not reported', { duplex: 'Half' }), 'warning'],
  ])('of a link %s', (_, output, result) => {
    expect(linkChecksOf(output).map((check) => check.result)).toEqual([result]);
  });

  test('names the limit somebody has set', () => {
    const [check] = linkChecksOf(settings(100, '1000baseT/Full', { advertised: '100baseT/Full' }));
    expect(check?.headline).toBe('The link has 100 Mbit/s, and both ends can 1 Gbit/s.');
    expect(check?.why).toContain('ethtool -s');
    expect(check?.evidence[0]?.text).toContain('it offers 100 Mbit/s');
  });

  test.each([undefined, 'netlink error: No such device\n'])('of %j makes no check', (output) => {
    expect(linkChecksOf(output)).toEqual([]);
  });
});
