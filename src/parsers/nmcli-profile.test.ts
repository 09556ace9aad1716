import { describe, expect, test } from 'vitest';

import { parseNmcliProfile } from './nmcli-profile.ts';

describe('parseNmcliProfile()', () => {
  test('creates a keyfile of the set values', () => {
    const text = String.raw`connection.id:wired\: one
connection.autoconnect:no
802-3-ethernet.mac-address:02\:00\:00\:00\:00\:01
ethtool.feature-tso:off
ethtool.feature-tx-udp_tnl-segmentation:on
ethtool.pause-rx:
`;
    expect(parseNmcliProfile(text)).toBe(`[connection]
id=wired: one
autoconnect=false

[ethernet]
mac-address=02:00:00:00:00:01

[ethtool]
feature-tso=false
feature-tx-udp_tnl-segmentation=true
`);
  });

  test.each(['', 'Error: no such connection', 'a:b', 'a.b'])('finds nothing in %j', (text) => {
    expect(parseNmcliProfile(text)).toBe('');
  });
});
