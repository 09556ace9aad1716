import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { createNetworkCounters } from './network-counters.ts';

const snmp = `Tcp: RtoAlgorithm InErrs OutRsts InCsumErrors
Tcp: 1 0 3 41
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 9574 0 0 9580 5 0 2 0 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
UdpLite: 0 0 0 0 0 0 9 0 0
`;
const snmp6 = `Ip6InReceives                   \t815
Udp6RcvbufErrors                \t7
Udp6InCsumErrors                \t100
UdpLite6InCsumErrors            \t9
`;

function read(files: Readonly<Record<string, string>>): ReturnType<typeof createNetworkCounters> {
  return createNetworkCounters((path) => {
    const text = files[path];
    if (text === undefined) {
      throw new SourceError('absent', `cannot read ${JSON.stringify(path)}: ENOENT`);
    }
    return text;
  });
}

describe('createNetworkCounters()', () => {
  test.each([
    [
      'of both families',
      { '/proc/self/net/snmp': snmp, '/proc/self/net/snmp6': snmp6 },
      { checksumErrors: 143, bufferErrors: 12 },
    ],
    ['without IPv6', { '/proc/self/net/snmp': snmp }, { checksumErrors: 43, bufferErrors: 5 }],
    ['of a file system that is not there', {}, undefined],
  ])('sums up TCP and UDP %s', (_what, files, expected) => {
    expect(read(files)()).toEqual(expected);
  });

  test('reads those of this process', () => {
    expect(createNetworkCounters()()?.checksumErrors).toBeGreaterThanOrEqual(0);
  });
});
