import process from 'node:process';

import { readKernelRing } from './kernel-ring.ts';
import { uniqueSuffix } from './netns.ts';
import type { Namespace } from './netns.ts';

/** Two tunnels, each of which sends through the other: every datagram into them makes the kernel log a dead loop. */
export interface DeadLoop {
  /** The tunnels, under names no other run has left in the kernel log. Which one is blamed depends on the kernel. */
  readonly devices: readonly [string, string];
  /** Sends one datagram into the loop. Ten records in five seconds are the kernel's limit, for all of the machine. */
  send(): Promise<void>;
  /** Sends a datagram every so often until `signal` is aborted. */
  keepSending(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Takes the tunnels down, so that the kernel's own neighbour traffic makes no further records. */
  untie(): Promise<void>;
  /** Records of the kernel in its ring, by tunnel. */
  logged(): Readonly<Record<string, number>>;
}

/** Makes two tunnels in a namespace and routes them into each other; no neighbour needs to be asked for. */
export async function tieDeadLoop(
  namespace: Namespace,
  suffix: string = uniqueSuffix(),
): Promise<DeadLoop> {
  const first = { device: `vx${suffix}a`, address: '198.51.100.2', remote: '192.0.2.1' };
  const second = { device: `vx${suffix}b`, address: '192.0.2.2', remote: '198.51.100.1' };
  for (const [vni, { device, address, remote }] of [first, second].entries()) {
    await namespace.ip(`link add ${device} type vxlan id ${vni + 1} remote ${remote} dstport 4789`);
    await namespace.ip(`address add ${address}/24 dev ${device}`);
    await namespace.ip(`link set ${device} addrgenmode none up`);
  }
  for (const [{ device }, { remote }] of [
    [first, second],
    [second, first],
  ] as const) {
    await namespace.ip(
      `neighbour replace ${remote} lladdr 02:00:00:00:00:01 dev ${device} nud permanent`,
    );
  }
  const devices = [first.device, second.device] as const;
  const sender = async (milliseconds: number, count: number): Promise<void> => {
    await namespace.run(process.execPath, [
      '--eval',
      `const socket = require('node:dgram').createSocket('udp4');
       let left = ${count};
       const send = () => socket.send('x', 9, '${second.remote}', () => {
         left -= 1;
         left > 0 ? setTimeout(send, ${milliseconds}) : socket.close();
       });
       send();`,
    ]);
  };
  return {
    devices,
    send: async () => sender(0, 1),
    keepSending: async (milliseconds, signal) => {
      while (!signal.aborted) {
        await sender(milliseconds, Math.ceil(1000 / milliseconds));
      }
    },
    untie: async () => {
      for (const device of devices) {
        await namespace.ip(`link set ${device} down`);
      }
    },
    logged: () => {
      const records = readKernelRing().filter(({ facility }) => facility === 0);
      return countsByDevice(
        devices,
        (device) =>
          records.filter(({ text }) => text.includes(`Dead loop on virtual device ${device}`))
            .length,
      );
    },
  };
}

/** Counts by device, without those that have none. */
export function countsByDevice(
  devices: readonly string[],
  count: (device: string) => number | undefined,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    devices.flatMap((device) => {
      const value = count(device) ?? 0;
      return value === 0 ? [] : [[device, value] as const];
    }),
  );
}
