import type { PacketResult } from '../src/parsers/tunnel-packet.ts';
import type { TunnelKind } from './wire-lab.ts';

const devices = ['tx', 'on', 'gso', 'on', 'gro', 'on'];
const gro = ['tx', 'off', 'gso', 'off', 'gro', 'on'];
const noChecksum = 'dstport 4789 noudpcsum';
const noIpv6Checksum = 'dstport 8472 udp6zerocsumtx udp6zerocsumrx';
const bulk = ['tcp', 60_000, 200] as const;
const segments = ['tcp', 1398, 600] as const;
const small = ['udp', 5, 400] as const;
const large = ['udp', 8000, 100] as const;
const jumbo = ['tcp', 8896, 500] as const;
const packets = [segments, small] as const;

interface GoodKind extends TunnelKind {
  /** Expected results of its samples; empty where fragments are not sampled. */
  readonly sees: readonly PacketResult[];
}

/** Good packets of all kinds, each on a port of its own. */
export const goodKinds: readonly GoodKind[] = [
  { name: 'TSO', features: devices, traffic: [bulk, small], sees: ['merged', 'good'] },
  {
    name: 'TSO, checksum 0',
    features: devices,
    vxlan: noChecksum,
    traffic: [bulk, small],
    sees: ['merged', 'not_ready'],
  },
  { name: 'GRO', features: gro, traffic: [bulk], sees: ['merged', 'good'] },
  { name: 'single packets', traffic: packets, sees: ['good'] },
  { name: 'checksum 0', vxlan: noChecksum, traffic: packets, sees: ['good'] },
  { name: 'fragments inside', traffic: [large], sees: ['good'] },
  {
    name: 'fragments inside, checksum 0',
    vxlan: noChecksum,
    traffic: [large],
    sees: ['unchecked'],
  },
  { name: 'fragments outside', tunnelMtu: 8100, traffic: [large], sees: [] },
  { name: 'jumbo frames', mtu: 9000, traffic: [jumbo], sees: ['good'] },
  {
    name: 'jumbo frames, GRO',
    mtu: 9000,
    features: gro,
    traffic: [bulk],
    sees: ['merged', 'good'],
  },
  { name: 'padded frames', traffic: [small], hasPadding: true, sees: ['good'] },
  { name: 'IPv6 inside', inner: 6, traffic: packets, sees: ['good'] },
  { name: 'IPv6 outside', outer: 6, traffic: packets, sees: ['good'] },
  {
    name: 'IPv6 both, GRO',
    outer: 6,
    inner: 6,
    features: gro,
    traffic: [bulk, small],
    sees: ['merged', 'good'],
  },
  {
    name: 'IPv6 outside, checksum 0',
    outer: 6,
    vxlan: noIpv6Checksum,
    traffic: packets,
    sees: ['ipv6_without_checksum'],
  },
];
