import { setTimeout } from 'node:timers/promises';

import type { Exposition } from '../../support/exposition.ts';
import { tunnelPacket } from '../../support/tunnel-packet.ts';
import type { TunnelPacketOptions } from '../../support/tunnel-packet.ts';
import { scrapeUntil } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { nics } from '../nics.ts';
import type { Nic } from '../nics.ts';
import type { Case } from './case.ts';
import { restore } from './devices.ts';

/** Sent of each kind. */
const frameCount = 200;
const vnetBytes = 10;
/** What a frame of each kind is to be found as. */
const kinds: readonly (readonly [what: string, options: TunnelPacketOptions, result: string])[] = [
  ['VXLAN', {}, 'good'],
  ['VXLAN, outer wrong', { outerChecksum: 'bad' }, 'bad'],
  ['VXLAN, inner TCP wrong', { innerChecksum: 'bad' }, 'bad'],
  ['VXLAN, inner UDP wrong', { protocol: 'udp', innerChecksum: 'bad' }, 'bad'],
  ['VXLAN without outer checksum', { outerChecksum: 'none' }, 'good'],
  [
    'VXLAN without outer checksum, inner wrong',
    { outerChecksum: 'none', innerChecksum: 'bad' },
    'bad',
  ],
  ['VXLAN with a VLAN tag, outer wrong', { tags: [0x8100], outerChecksum: 'bad' }, 'bad'],
  ['VXLAN with ARP', { protocol: 'arp' }, 'good'],
  ['VXLAN over IPv6', { underlay: 'ipv6' }, 'good'],
  ['VXLAN over IPv6, outer wrong', { underlay: 'ipv6', outerChecksum: 'bad' }, 'bad'],
  [
    'VXLAN over IPv6 without outer checksum',
    { underlay: 'ipv6', outerChecksum: 'none' },
    'ipv6_without_checksum',
  ],
  ['VXLAN with IPv6, inner wrong', { inner: 'ipv6', innerChecksum: 'bad' }, 'bad'],
  ['Geneve', { tunnel: 'geneve' }, 'good'],
  ['Geneve, outer wrong', { tunnel: 'geneve', outerChecksum: 'bad' }, 'bad'],
  ['Geneve, inner wrong', { tunnel: 'geneve', innerChecksum: 'bad' }, 'bad'],
  ['IP in IP', { tunnel: 'ipip' }, 'good'],
  ['IP in IP, inner wrong', { tunnel: 'ipip', innerChecksum: 'bad' }, 'bad'],
];

const cards = [nics.eno1, nics.enp6s0, nics.ens192, nics.ens5];

/** The wire sampler sees every frame that a card receives, and finds it as it is. */
export const wireCases: readonly Case[] = cards.map((nic) => ({
  name: `wire sampler on ${nic.driver}`,
  run: async (lab, report) => {
    const { name: device } = nic;
    // Some cards drop tagged frames of a VLAN that nobody has.
    await lab.machine.run(
      `ip link add link ${device} name vlan7 type vlan id 7; ip link set vlan7 up`,
    );
    await untilAllAreSampled(lab, nic);
    for (const [what, options, result] of kinds) {
      const before = await lab.machine.scrape();
      await lab.machine.send(nic, frames(nic, options, frameCount));
      const rise = (scraped: Exposition, labels: Readonly<Record<string, string>> = {}): number =>
        sum(scraped, { device, ...labels }) - sum(before, { device, ...labels });
      const after = await scrapeUntil(lab.machine, (scraped) => rise(scraped) >= frameCount);
      report.equal(`${what}: sampled`, rise(after), frameCount);
      report.equal(`${what}: ${result}`, rise(after, { result }), frameCount);
    }
    await lab.machine.run('ip link delete vlan7');
  },
}));

/** It goes on when a card is down and up again, has another name, or has gone and come back. */
export const wireChanges: Case = {
  name: 'wire sampler on cards that change',
  run: async (lab, report) => {
    for (const nic of cards) {
      const { name, driver } = nic;
      const renamed = 'lan0';
      for (const [what, device, script] of [
        ['down and up', name, `ip link set ${name} down; ip link set ${name} up`],
        [
          'renamed',
          renamed,
          `ip link set ${name} down; ip link set ${name} name ${renamed}; ip link set ${renamed} up`,
        ],
        [
          'unbound and bound',
          name,
          `
          driver=$(readlink -f /sys/class/net/${renamed}/device/driver)
          address=$(basename "$(readlink -f /sys/class/net/${renamed}/device)")
          echo $address >$driver/unbind; sleep 1; echo $address >$driver/bind; sleep 1
          ${restore(nic)}`,
        ],
      ] as const) {
        await lab.machine.run(script);
        report.equal(`${driver}, ${what}: samples`, await isSampled(lab, nic, device), true);
      }
    }
  },
};

/** Whether a card, under a name, is sampled within 20 s. */
async function isSampled({ machine }: Lab, nic: Nic, device: string): Promise<boolean> {
  const bad = async (): Promise<number> => sum(await machine.scrape(), { device, result: 'bad' });
  const before = await bad();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await machine.send(nic, frames(nic, { outerChecksum: 'bad' }, 20));
    await setTimeout(1000);
    if ((await bad()) > before) {
      return true;
    }
  }
  return false;
}

async function untilAllAreSampled(lab: Lab, nic: Nic): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await lab.machine.send(nic, frames(nic, {}, 20));
    const scraped = await lab.machine.scrape();
    if (scraped.value('nic_wire_sampling_ratio', { device: nic.name }) === 1) {
      break;
    }
    await setTimeout(500);
  }
  // Until all that was sent is counted.
  await setTimeout(2500);
}

function frames(nic: Nic, options: TunnelPacketOptions, count: number): readonly Buffer[] {
  const frame = tunnelPacket(options).subarray(vnetBytes);
  Buffer.from(nic.mac.replaceAll(':', ''), 'hex').copy(frame);
  return Array.from({ length: count }, () => frame);
}

function sum(scraped: Exposition, labels: Readonly<Record<string, string>>): number {
  return scraped
    .samples('nic_wire_samples_total', labels)
    .reduce((total, { value }) => total + value, 0);
}
