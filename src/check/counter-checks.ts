import type { Check } from '../model/check-report.ts';
import type { CounterName, DeviceStatus, Status } from '../model/status.ts';
import { ok } from './offload-facts.ts';

/** Two samples of the counters. */
export interface Readings {
  readonly first: Status;
  readonly last: Status;
}

interface CounterCheck {
  readonly id: string;
  readonly counter: CounterName;
  readonly headline: string;
  readonly why: string;
  readonly read: string;
}

const counterChecks: readonly CounterCheck[] = [
  {
    id: 'rx-csum',
    counter: 'rx_csum_errors',
    headline: 'The device receives packets with wrong checksums.',
    why: 'The checksums were wrong when the packets were sent, or the wire changed them. Look at the sender.',
    read: 'docs/runbooks/NICChecksumErrors.md',
  },
  {
    id: 'rx-crc',
    counter: 'rx_crc_errors',
    headline: 'The device receives frames the wire has changed.',
    why: 'A bad cable, transceiver or port: the sum of the frame itself is wrong.',
    read: 'docs/runbooks/link-down.md',
  },
  {
    id: 'rx-missed',
    counter: 'rx_missed',
    headline: 'The device drops packets it has received.',
    why: 'They were not fetched in time: its receive ring is too small (ethtool -g), or the CPU of its queue too busy.',
    read: 'docs/drivers.md',
  },
];
const countedProtocols = /^(?:tcp|udp|udp6)$/;

/** Increases of a device's counters between two samples. */
export function counterChecksOf(device: DeviceStatus, { first }: Readings): readonly Check[] {
  const before = first.devices.find(({ name }) => name === device.name);
  const stalled: Check =
    device.txStalled === true
      ? {
          id: 'tx-stalled',
          result: 'critical',
          headline: 'The transmitter is stalled: carrier is up, packets wait, none is sent.',
          evidence: [{ text: `tx packets ${device.counters['tx_packets'] ?? 0} (+0)` }],
          read: 'docs/runbooks/NICTransmitStalled.md',
        }
      : ok('tx-stalled', 'packets are sent');
  return [
    stalled,
    ...counterChecks.flatMap(({ id, counter, headline, why, read }): readonly Check[] => {
      const value = device.counters[counter];
      if (value === undefined) {
        return [];
      }
      const added = value - (before?.counters[counter] ?? value);
      return added <= 0
        ? [ok(id, 'no errors')]
        : [
            {
              id,
              result: 'warning',
              headline,
              evidence: [
                { text: `${counter} ${grouped(value)} (+${grouped(added)} while this ran)` },
              ],
              why,
              read,
            },
          ];
    }),
  ];
}

/** Checksum errors of the network stack between two samples. */
export function stackChecksOf({ first, last }: Readings): readonly Check[] {
  const rows = Object.entries(last.stackCsumErrors)
    .filter(([protocol]) => countedProtocols.test(protocol))
    .map(([protocol, total]) => ({
      protocol,
      total,
      added: total - (first.stackCsumErrors[protocol] ?? total),
    }));
  if (rows.length === 0) {
    return [
      {
        id: 'stack-csum',
        result: 'unknown',
        headline: 'could not read the checksum errors of the network stack: /proc/net/snmp',
        evidence: [],
      },
    ];
  }
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  const added = rows.reduce((sum, row) => sum + row.added, 0);
  if (added <= 0) {
    return [ok('stack-csum', 'no packets with wrong checksums')];
  }
  const names = rows.filter((row) => row.total > 0).map(({ protocol }) => protocol.toUpperCase());
  const uplinks = last.devices.filter(
    ({ counters }) => (counters.rx_crc_errors ?? counters.rx_csum_errors) !== undefined,
  );
  const port = last.devices.some(({ kind }) => kind === 'vxlan') ? 'udp port 4789' : 'tcp or udp';
  const [uplink] = uplinks.length > 0 ? uplinks : last.devices;
  return [
    {
      id: 'stack-csum',
      result: 'warning',
      headline: `${grouped(total)} ${names.join(' and ')} packets with a wrong checksum since the boot, ${grouped(added)} of them while this ran (2 s).`,
      evidence: [
        {
          text: `/proc/net/snmp: ${rows
            .filter((row) => row.total > 0)
            .map(
              (row) =>
                `${row.protocol} InCsumErrors ${grouped(row.total)} (+${grouped(row.added)})`,
            )
            .join(', ')}`,
        },
        ...uplinks.map(({ name, counters }) => ({ text: wireText(name, counters) })),
      ],
      why: 'The checksums were wrong when the packets were sent. Look at the sender, not here.',
      ...(uplink === undefined
        ? {}
        : {
            fix: {
              now: [
                `timeout 20 tcpdump -nvvi ${uplink.name} -c 50000 ${port} 2>/dev/null | grep -B2 -E 'bad udp cksum|cksum 0x[0-9a-f]+ \\(incorrect'`,
              ],
            },
          }),
      read: 'docs/runbooks/NICStackChecksumErrors.md',
    },
  ];
}

function wireText(name: string, counters: DeviceStatus['counters']): string {
  const parts = (['rx_csum_errors', 'rx_crc_errors'] as const).flatMap((counter) => {
    const value = counters[counter];
    return value === undefined ? [] : [`${counter} ${grouped(value)}`];
  });
  const isClean = counters['rx_crc_errors'] === 0;
  return `${name}: ${parts.join(', ')}${isClean ? ': the wire is clean' : ''}`;
}

/** With thousands separators. */
function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}
