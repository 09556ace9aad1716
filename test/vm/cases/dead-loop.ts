import { setTimeout } from 'node:timers/promises';

import { compareCounts } from '../agreement.ts';
import { addVxlan, rewrite, rewrittenFrame, vxlan } from '../frames.ts';
import { nics } from '../nics.ts';
import type { Case } from './case.ts';

/** Longer than the window of the kernel's rate limit. */
const windowMilliseconds = 6000;

/** Two tunnels, each of which sends its packets into the other; what to delete, and who to send to. */
const loops = {
  vxlan: {
    devices: ['loop0', 'loop1'],
    target: '10.61.0.2',
    script: `
      ip link add loop0 type vxlan id 1 local 10.61.0.1 remote 10.62.0.2 dstport 5001
      ip link add loop1 type vxlan id 2 local 10.62.0.1 remote 10.61.0.2 dstport 5002
      ip address add 10.61.0.1/24 dev loop0; ip address add 10.62.0.1/24 dev loop1
      ip link set loop0 up; ip link set loop1 up
      ip neigh add 10.61.0.2 lladdr 02:61:00:00:00:02 dev loop0
      ip neigh add 10.62.0.2 lladdr 02:62:00:00:00:02 dev loop1`,
  },
  ipip: {
    devices: ['loop0', 'loop1'],
    target: '10.63.0.2',
    script: `
      ip link add loop0 type ipip local 10.63.0.1 remote 10.64.0.2
      ip link add loop1 type ipip local 10.64.0.1 remote 10.63.0.2
      ip address add 10.63.0.1/24 dev loop0; ip address add 10.64.0.1/24 dev loop1
      ip link set loop0 up; ip link set loop1 up`,
  },
  // The route of the tunnel below it leads through the ipvlan.
  ipvlan: {
    devices: ['loop1', 'loop0'],
    target: '10.66.0.2',
    script: `
      ip link add loop0 type vxlan id 3 local 10.65.0.1 remote 10.66.0.2 dstport 5003
      ip link set loop0 up; ip address add 10.65.0.1/32 dev lo
      ip link add loop1 link loop0 type ipvlan mode l2
      ip address add 10.66.0.1/24 dev loop1; ip link set loop1 up
      ip neigh add 10.66.0.2 lladdr 02:66:00:00:00:02 dev loop1`,
  },
} as const;

/** One packet, then so many that the kernel suppresses most records, then one that makes it say how many. */
export const deadLoops: readonly Case[] = (['vxlan', 'ipip', 'ipvlan'] as const).map((kind) => ({
  name: `dead loop of ${kind}`,
  run: async (lab, report) => {
    const { devices, script, target } = loops[kind];
    const ping = (count: number): string =>
      `ping -c ${count} -i 0.01 -W 1 ${target} >/dev/null 2>&1 || true`;
    const mark = await lab.log.mark();
    await lab.machine.run(script);
    try {
      await lab.machine.run(ping(1));
      await setTimeout(windowMilliseconds);
      await lab.machine.run(ping(200));
      await setTimeout(windowMilliseconds);
      await lab.machine.run(ping(1));
      const records = await lab.log.since(mark);
      report.equal(
        'the kernel logs loops, and says what it suppressed',
        records.some(({ text }) => text.includes('Dead loop')) &&
          records.some(({ text }) => text.startsWith('net_ratelimit: ')),
        true,
      );
      await compareCounts(lab, report);
    } finally {
      await lab.machine.run(
        `${devices.map((name) => `ip link delete ${name}`).join('; ')}; ip address flush dev lo scope global`,
      );
    }
  },
}));

/** The card finds the outer checksum right, and a filter changes the packet inside without telling the stack. */
export const receiveChecksumFault: Case = {
  name: 'hw csum failure',
  run: async (lab, report) => {
    const nic = nics.eno1;
    const mark = await lab.log.mark();
    await lab.machine.run(`${addVxlan(nic)}
      ethtool -K ${nic.name} gro off; ethtool -K ${vxlan.name} gro off
      tc qdisc add dev ${vxlan.name} ingress
      tc filter add dev ${vxlan.name} parent ffff: protocol ip u32 match ip dst ${vxlan.address}/32 action pedit munge offset ${rewrite.offset} u32 set ${rewrite.word}`);
    try {
      await lab.machine.send(
        nic,
        Array.from({ length: 5 }, () => rewrittenFrame(nic)),
      );
      await setTimeout(1000);
      const records = await lab.log.since(mark);
      report.equal(
        'the kernel logs it',
        records.some(({ text }) => text.endsWith(': hw csum failure')),
        true,
      );
      await compareCounts(lab, report);
    } finally {
      await lab.machine.run(`ip link delete ${vxlan.name}; ethtool -K ${nic.name} gro on`);
    }
  },
};
