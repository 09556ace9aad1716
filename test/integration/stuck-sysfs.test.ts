import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { Exposition } from '../support/exposition.ts';
import { createFakeSysfs } from '../support/fake-sysfs.ts';
import { createRecordedMachine } from '../support/recorded-machine.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

const problem = commandProblem('mkfifo');

describe.skipIf(problem !== undefined)(
  `an attribute that does not answer${skipNote(problem)}`,
  () => {
    test.each([
      { writer: 'nobody', isHeld: false },
      { writer: 'somebody who writes nothing', isHeld: true },
    ])(
      'costs its own samples only where $writer has it open, and holds up neither a scrape nor the end',
      async ({ isHeld }) => {
        const machine = createRecordedMachine('debian-6.12.95-qemu');
        onTestFinished(machine.delete);
        const fifos = ['statistics/tx_packets', 'queues/tx-0/tx_timeout', 'carrier'].map(
          (attribute) => machine.makeFifo('eno1', attribute),
        );
        const held = isHeld ? fifos.map((path) => openSync(path, constants.O_RDWR)) : [];
        onTestFinished(() => {
          held.forEach(closeSync);
        });
        const agent = await startAgent({
          ...machine.agent,
          flags: [
            ...machine.agent.flags,
            '--device.include=eno1|ens3|enp6s0',
            '--poll.interval=1s',
          ],
        });
        onTestFinished(async () => void (await agent.stop()));
        for (let scrapes = 0; scrapes < 5; scrapes += 1) {
          const scrape = await agent.scrape();
          // A scrape waits for half a second at most.
          expect(scrape.seconds).toBeLessThan(1);
          const others = ['enp6s0', 'ens3'];
          expect(devicesOf(scrape, 'nic_tx_packets_total')).toEqual(others);
          expect(devicesOf(scrape, 'nic_tx_timeouts_total')).toEqual(others);
          expect(devicesOf(scrape, 'nic_link_up')).toEqual(others);
          const all = ['eno1', ...others];
          expect(devicesOf(scrape, 'nic_device_info')).toEqual(all);
          expect(devicesOf(scrape, 'nic_carrier_changes_total')).toEqual(all);
          expect(devicesOf(scrape, 'nic_rx_csum_errors_total')).toEqual(all);
          expect(
            scrape.value('nicwatch_device_read_success', { device: 'eno1', read: 'sysfs' }),
          ).toBe(0);
          await setTimeout(300);
        }
        const { exitCode, seconds } = await agent.stop();
        expect(exitCode).toBe(0);
        expect(seconds).toBeLessThan(2);
      },
    );
  },
);

test.each([
  { descriptorLimit: 1024, devices: 300, queues: 4 },
  { descriptorLimit: 20_000, devices: 5000, queues: 1 },
])(
  '$descriptorLimit descriptors are enough for $devices devices of $queues queues, and for connections',
  async ({ descriptorLimit, devices, queues }) => {
    const sysfs = createFakeSysfs(devices, queues);
    onTestFinished(sysfs.delete);
    const agent = await startAgent({
      descriptorLimit,
      flags: [
        `--path.sysfs=${sysfs.path}`,
        // No device of the kernel has such a name.
        '--ethtool.reader=ioctl',
        '--kernel-log.source=none',
        ...otherCollectors.map((collector) => `--no-collector.${collector}`),
      ],
    });
    onTestFinished(async () => void (await agent.stop()));
    const scrape = await vi.waitFor(
      async () => {
        const latest = await agent.scrape();
        expect(latest.samples('nic_tx_timeouts_total')).toHaveLength(devices);
        return latest;
      },
      { timeout: 15_000 },
    );
    expect(scrape.samples('nic_device_info')).toHaveLength(devices);
    expect(scrape.samples('nic_carrier_changes_total')).toHaveLength(devices);
    const answers = await answersOnEach(agent.url, 200);
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200 OK']));
    expect(agent.stderr()).not.toContain('EMFILE');
  },
);

/** Collectors that need not run to have each file of a device read. */
const otherCollectors = ['tx-stall', 'offload', 'ethtool', 'known-issue', 'stack', 'boot'];

/** The first line of what is answered on each of so many connections that are open together. */
async function answersOnEach(url: string, count: number): Promise<readonly string[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname));
  try {
    await Promise.all(sockets.map(async (socket) => once(socket, 'connect')));
    return await Promise.all(
      sockets.map(async (socket) => {
        socket.write('GET /-/healthy HTTP/1.1\r\nHost: nicwatch\r\n\r\n');
        const [data] = await once(socket, 'data');
        return String(data).split('\r\n', 1)[0] ?? '';
      }),
    );
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
  }
}

/** The devices that have a sample of a metric, in order. */
function devicesOf({ samples }: Exposition, metric: string): readonly string[] {
  return samples(metric)
    .map(({ labels }) => labels.get('device') ?? '')
    .toSorted();
}
