import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { gauge } from '../metrics/metric.ts';
import { statusOf } from './status.ts';

const info = gauge({ name: 'nic_device_info', help: 'Device.', labels: ['device'] });
const known = gauge({ name: 'nic_known_issue', help: 'Issue.', labels: ['device', 'issue'] });

const issue = {
  id: 'an-issue',
  drivers: ['e1000e'],
  firmware: undefined,
  kernel: undefined,
  features: [],
  severity: 'warning',
  symptom: 'It hangs.',
  mitigation: 'ethtool -K DEVICE tso off; ethtool -K DEVICE gso off',
  sources: [],
} as const;

/** What the status recommends for a device of this name. */
function mitigationFor(device: string): string | undefined {
  const status = statusOf(
    {
      timestampSeconds: 1000,
      collected: new Map([
        ['device', [info.family([{ labels: { device }, value: 1 }])]],
        ['known-issue', [known.family([{ labels: { device, issue: issue.id }, value: 1 }])]],
      ]),
      agent: [],
      administrativelyDown: new Set(),
      recentEvents: [],
    },
    { hostname: 'node-7', knownIssues: [issue] },
  );
  return status.devices[0]?.knownIssues[0]?.mitigation;
}

test.each(['eno1', 'ens192.7', 'wg-a_b:1@2'])('statusOf() recommends for %s as it is', (device) => {
  expect(mitigationFor(device)).toBe(`ethtool -K ${device} tso off; ethtool -K ${device} gso off`);
});

test.each([
  'a b',
  'a;id',
  '$(id)',
  '`id`',
  '${HOME}',
  '$HOME',
  '$&',
  '$`',
  "$'",
  '$$',
  'a&b',
  'a|b>c',
  '*',
  '~',
  '#a',
  "a'b",
  "';id;'",
  '"',
  'a\\',
  'a\nid',
  'a\rid',
  'a\tb',
  'ünïcode',
])('statusOf() recommends what a shell takes for the one name %j', (device) => {
  const script = `ethtool() { printf '%s\\0' "$@"; }\n${mitigationFor(device)}\n`;
  const argv = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
  expect(argv).toEqual(['-K', device, 'tso', 'off', '-K', device, 'gso', 'off', '']);
});
