import { describe, expect, test } from 'vitest';

import { parseEthtoolLink } from './ethtool-link.ts';

const copper = `Settings for eno1:
	Supported ports: [ TP ]
	Supported link modes:   10baseT/Half 10baseT/Full
	                        100baseT/Half 100baseT/Full
	                        1000baseT/Full
	Supported pause frame use: No
	Advertised link modes:  10baseT/Half 10baseT/Full
	                        100baseT/Half 100baseT/Full
	                        1000baseT/Full
	Link partner advertised link modes:  10baseT/Half 10baseT/Full
	                                     1000baseT/Full
	Speed: 100Mb/s
	Duplex: Full
	Link detected: yes
`;

describe('parseEthtoolLink()', () => {
  test('reads speed and the fastest mode of both ends', () => {
    expect(parseEthtoolLink(copper)).toEqual({
      speedMegabits: 100,
      isHalfDuplex: false,
      supportedMegabits: 1000,
      advertisedMegabits: 1000,
      partnerMegabits: 1000,
    });
  });

  test.each([
    ['', undefined],
    ['Settings for lo:\n\tLink detected: yes\n', undefined],
    ['Settings for eno1:\n\tSpeed: Unknown!\n', undefined],
    ['Settings for eth0:\n\tSupported link modes:   Not reported\n\tSpeed: 10000Mb/s\n', 10_000],
  ])('of %j gives the speed %j, and no modes', (text, speedMegabits) => {
    expect(parseEthtoolLink(text)).toMatchObject({ speedMegabits, supportedMegabits: undefined });
  });
});
