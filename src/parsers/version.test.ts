import { describe, expect, test } from 'vitest';

import { compareVersions, parseFirmwareVersion, parseKernelVersion } from './version.ts';

describe('parseKernelVersion()', () => {
  test.each([
    ['6.12.95+deb12-amd64', [6, 12, 95]],
    ['6.1.0-18-amd64', [6, 1, 0, 18]],
    ['5.15.0-105-generic', [5, 15, 0, 105]],
    ['3.10.0-1062.el7.x86_64', [3, 10, 0, 1062]],
    ['4.18.0-553.5.1.el8_10.x86_64', [4, 18, 0, 553, 5, 1]],
    ['6.9.1-arch1-1', [6, 9, 1]],
    ['6.10.0-rc3', [6, 10, 0]],
    ['6.6.87.2-microsoft-standard-WSL2', [6, 6, 87, 2]],
    ['6.8.12-4-pve', [6, 8, 12, 4]],
    ['5.10.0-1a', [5, 10, 0]],
    ['5.7', [5, 7]],
  ])('takes the numbers of %j', (text, version) => {
    expect(parseKernelVersion(text)).toEqual(version);
  });

  test.each(['', 'v6.1', 'next', '-1'])('knows no order of %j', (text) => {
    expect(parseKernelVersion(text)).toBeUndefined();
  });
});

describe('parseFirmwareVersion()', () => {
  test.each([
    ['8.30 0x8000a49d 1.2926.0', [8, 30]],
    ['16.35.2000 (MT_0000000080)', [16, 35, 2000]],
    ['218.0.166.0/pkg 21.80.16.6', [218, 0, 166, 0]],
    ['3.25, 0x800004ff', [3, 25]],
    ['2.1-0', [2, 1, 0]],
    ['7', [7]],
  ])('takes the numbers of %j', (text, version) => {
    expect(parseFirmwareVersion(text)).toEqual(version);
  });

  test.each([
    '',
    'N/A',
    '0x8000184d, 1.3052.0',
    '2017:888d',
    '5719-v1.46 NCSI v1.3.16.0',
    'bc 7.10.10',
    '8.30a',
    'rtl8168h-2_0.0.2 02/26/15',
  ])('knows no order of %j', (text) => {
    expect(parseFirmwareVersion(text)).toBeUndefined();
  });
});

test.each([
  ['5.6.19', '5.7', -1],
  ['5.7', '5.7.0', 0],
  ['5.7.1', '5.7', 1],
  ['5.10.0', '5.7', 1],
  ['3.10.0-957', '3.10.0-1062', -1],
  ['3.10.0-1062.el7', '3.10.0-1062', 0],
])('compareVersions() of %j and %j has sign %i', (one, other, sign) => {
  const compared = compareVersions(parseKernelVersion(one) ?? [], parseKernelVersion(other) ?? []);
  expect(Math.sign(compared)).toBe(sign);
});
