import { setTimeout } from 'node:timers/promises';

import type { Exposition } from '../../support/exposition.ts';
import { compareCounts } from '../agreement.ts';
import { badFrame } from '../frames.ts';
import { busAddresses } from '../kernel-log.ts';
import { scrapeUntil } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { deviceOptions } from '../machine.ts';
import { nics } from '../nics.ts';
import type { Nic } from '../nics.ts';
import type { Report } from '../report.ts';
import type { Case } from './case.ts';

const cards: readonly Nic[] = [nics.eno1, nics.ens3, nics.enp6s0, nics.ens192, nics.ens5];

/** Cards that first have nothing to send, then much. */
export const healthy: Case = {
  name: 'idle and busy cards',
  run: async (lab, report) => {
    const mark = await lab.log.mark();
    await setTimeout(15_000);
    await lab.machine.run(
      cards
        .map(
          ({ name, peer }) =>
            `ping -s 1400 -c 700 -i 0.02 -W 1 -I ${name} ${peer} >/dev/null 2>&1 &`,
        )
        .join('\n'),
    );
    await setTimeout(18_000);
    expectWell(lab, report, mark.at);
    await compareCounts(lab, report);
  },
};

/** The cable of every card is pulled and plugged in again. */
export const linkDownAndUp: Case = {
  name: 'link down and up',
  run: async (lab, report) => {
    const mark = await lab.log.mark();
    for (const state of ['off', 'on']) {
      for (const { name } of cards) {
        lab.machine.monitor(`set_link ${name} ${state}`);
      }
      const value = state === 'on' ? 1 : 0;
      const all = (scraped: Exposition): boolean =>
        cards.every(({ name: device }) => scraped.value('nic_link_up', { device }) === value);
      report.equal(
        `nic_link_up ${value} of all cards`,
        all(await scrapeUntil(lab.machine, all, 15)),
        true,
      );
    }
    await compareCounts(lab, report);
    expectWell(lab, report, mark.at);
  },
};

/** Offload features are switched, one of which makes e1000e reset the card. */
export const switchOffloads: Case = {
  name: 'offload features switched',
  run: async (lab, report) => {
    const mark = await lab.log.mark();
    for (const [flag, feature] of [
      ['tso', 'tcp-segmentation-offload'],
      ['rx', 'rx-checksumming'],
      ['gro', 'generic-receive-offload'],
    ] as const) {
      for (const state of ['off', 'on']) {
        await lab.machine.run(`ethtool -K ${nics.eno1.name} ${flag} ${state}`);
        const labels = { device: nics.eno1.name, feature };
        const value = state === 'on' ? 1 : 0;
        const scraped = await scrapeUntil(
          lab.machine,
          (exposition) => exposition.value('nic_offload_enabled', labels) === value,
        );
        report.equal(`${feature} ${state}`, scraped.value('nic_offload_enabled', labels), value);
      }
    }
    await setTimeout(5000);
    await compareCounts(lab, report);
    expectWell(lab, report, mark.at);
  },
};

/** The driver lets go of a card and takes it again, under a new name first. */
export const unbindAndBind: Case = {
  name: 'driver unbound and bound',
  run: async (lab, report) => {
    const { name, driver, address } = nics.ens3;
    const bus = (await busAddresses(lab.machine)).get(name) ?? '';
    await lab.machine.run(`echo ${bus} >/sys/bus/pci/drivers/${driver}/unbind`);
    await expectDevice(lab, report, { name, isPresent: false });
    await lab.machine.run(`echo ${bus} >/sys/bus/pci/drivers/${driver}/bind`);
    await lab.machine.run(restore(nics.ens3));
    await expectDevice(lab, report, { name, isPresent: true });
    report.equal(
      'its address is back',
      (await lab.machine.run(`ip address show ${name}`)).includes(address),
      true,
    );
    await compareCounts(lab, report);
  },
};

/** A card is taken out of its slot and put back. */
export const removeAndAdd: Case = {
  name: 'card removed and added',
  run: async (lab, report) => {
    const { name } = nics.plug0;
    lab.machine.monitor(`device_del ${name}-card`);
    await expectDevice(lab, report, { name, isPresent: false });
    // QEMU says that it is gone a moment after the kernel.
    await setTimeout(2000);
    lab.machine.monitor(`device_add ${deviceOptions(nics.plug0)}`);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await setTimeout(500);
      if ((await lab.machine.run('cat /sys/class/net/*/address')).includes(nics.plug0.mac)) {
        break;
      }
    }
    await lab.machine.run(restore(nics.plug0));
    await expectDevice(lab, report, { name, isPresent: true });
    await compareCounts(lab, report);
  },
};

/** A device gets another name while it is watched, and back. */
export const rename: Case = {
  name: 'device renamed',
  run: async (lab, report) => {
    const { name } = nics.ens5;
    const renamed = 'lan0';
    for (const [from, to] of [
      [name, renamed],
      [renamed, name],
    ] as const) {
      await lab.machine.run(
        `ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up`,
      );
      await expectDevice(lab, report, { name: to, isPresent: true });
      await expectDevice(lab, report, { name: from, isPresent: false });
    }
    await compareCounts(lab, report);
  },
};

/** More frames than the guest can take, at once. */
export const floodedRings: Case = {
  name: 'receive rings flooded',
  run: async (lab, report) => {
    const mark = await lab.log.mark();
    for (const nic of [nics.eno1, nics.enp6s0]) {
      const frames = Array.from({ length: 20_000 }, () => badFrame(nic, 'UDP'));
      await lab.machine.send(nic, frames, 1000);
      await setTimeout(2000);
      // igb drops as well what has no buffer in a queue.
      const missed = Number(
        await lab.machine.run(
          `ethtool -S ${nic.name} | awk '/^ *rx_missed_errors:/ || /^ *rx_queue_[0-9]+_drops:/ { sum += $2 } END { print sum + 0 }'`,
        ),
      );
      const labels = { device: nic.name };
      const scraped = await scrapeUntil(
        lab.machine,
        (exposition) => exposition.value('nic_rx_missed_total', labels) === missed,
      );
      report.equal(
        `${nic.driver}: nic_rx_missed_total`,
        scraped.value('nic_rx_missed_total', labels),
        missed,
      );
    }
    expectWell(lab, report, mark.at);
    await compareCounts(lab, report);
  },
};

function expectWell(lab: Lab, report: Report, after: number): void {
  for (const gauge of ['nic_hang_active', 'nic_tx_stalled'] as const) {
    report.equal(`cards with ${gauge} 1`, lab.timeline.devicesWith(gauge, after).join(', '), '');
  }
}

async function expectDevice(
  lab: Lab,
  report: Report,
  { name, isPresent }: Readonly<{ name: string; isPresent: boolean }>,
): Promise<void> {
  const has = (scraped: Exposition): boolean =>
    scraped.samples('nic_device_info', { device: name }).length > 0 === isPresent;
  report.equal(
    `${name} is ${isPresent ? 'listed' : 'not listed'}`,
    has(await scrapeUntil(lab.machine, has, 20)),
    true,
  );
}

/** Gives a card that has come anew its name and address. */
export function restore({ mac, name, address, peer }: Nic): string {
  return `
    for path in /sys/class/net/*; do
      [ "$(cat $path/address)" != ${mac} ] || ip link set \${path##*/} name ${name}
    done
    ip address add ${address}/24 dev ${name}; ip link set ${name} up
    ip neigh replace ${peer} lladdr 02:00:00:00:00:02 dev ${name} nud permanent`;
}
