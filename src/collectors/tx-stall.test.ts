import { pino } from 'pino';
import { describe, expect, test } from 'vitest';

import { overrideDevices } from '../../test/support/override-devices.ts';
import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom } from '../../test/support/scrape.ts';
import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import { SourceError } from '../model/errors.ts';
import { txStallCollector } from './tx-stall.ts';

const hostName = 'debian-6.12.95-qemu';

/** The attributes of eno1 at one poll. */
interface PollState {
  readonly seconds: number;
  readonly txPackets: number;
  readonly inflight?: number;
  readonly carrier?: string;
}

/** Values of nic_tx_stalled for eno1 at each poll; eno1 has one queue and its driver accounts for it. */
async function stalledAt(polls: readonly PollState[]): Promise<readonly (number | undefined)[]> {
  let now: PollState = { seconds: 0, txPackets: 0 };
  const host = overrideDevices(createRecordedHost(hostName), (device) => ({
    attribute: (name) =>
      name === 'queues/tx-0/byte_queue_limits/inflight'
        ? String(now.inflight ?? 180)
        : device.attribute(name),
    packetCounters: async () => ({ rxPackets: 0, txPackets: now.txPackets }),
    readAttribute: async (name) => {
      if (name !== 'carrier') {
        return device.readAttribute(name);
      }
      if (now.carrier === '') {
        throw new SourceError('unsupported', 'down');
      }
      return now.carrier ?? '1\n';
    },
  }));
  const values: (number | undefined)[] = [];
  const collect = collecting(
    { ...host, now: () => new Date(now.seconds * 1000) },
    configFrom(['--device.include=eno1']),
  );
  for (const poll of polls) {
    now = poll;
    values.push((await collect())[0]?.samples[0]?.value);
  }
  return values;
}

/** Creates the collector, and a function that runs it in a poll of its own. */
function collecting(host: Host, config: Config): () => Promise<readonly MetricFamily[]> {
  const { collect } = txStallCollector.create({ host, config, log: pino({ enabled: false }) });
  const poll = createPolls(host, config);
  return async () => collect(await poll());
}

describe('txStallCollector', () => {
  test.each([
    [
      'sends nothing despite queued bytes',
      [
        { seconds: 0, txPackets: 13 },
        { seconds: 5, txPackets: 13 },
        { seconds: 10, txPackets: 13 },
        { seconds: 15, txPackets: 13 },
        { seconds: 20, txPackets: 15 },
        { seconds: 25, txPackets: 15 },
      ],
      [0, 0, 1, 1, 0, 0],
    ],
    [
      'is polled often in a short time',
      [
        { seconds: 0, txPackets: 13 },
        { seconds: 1, txPackets: 13 },
        { seconds: 2, txPackets: 13 },
        { seconds: 3, txPackets: 13 },
      ],
      [0, 0, 0, 0],
    ],
    [
      'is polled rarely',
      [
        { seconds: 0, txPackets: 13 },
        { seconds: 600, txPackets: 13 },
        { seconds: 1200, txPackets: 13 },
      ],
      [0, 0, 1],
    ],
    [
      'has nothing to send',
      [
        { seconds: 0, txPackets: 13, inflight: 0 },
        { seconds: 10, txPackets: 13, inflight: 0 },
        { seconds: 20, txPackets: 13, inflight: 0 },
        { seconds: 30, txPackets: 13, inflight: 90 },
      ],
      [0, 0, 0, 0],
    ],
    [
      'is administratively down',
      [
        { seconds: 0, txPackets: 13, carrier: '' },
        { seconds: 10, txPackets: 13, carrier: '' },
        { seconds: 20, txPackets: 13, carrier: '' },
      ],
      [0, 0, 0],
    ],
    [
      'has no carrier',
      [
        { seconds: 0, txPackets: 13, carrier: '0\n' },
        { seconds: 10, txPackets: 13, carrier: '0\n' },
        { seconds: 20, txPackets: 13, carrier: '0\n' },
      ],
      [0, 0, 0],
    ],
  ])('of a device that %s', async (_what, polls, expected) => {
    expect(await stalledAt(polls)).toEqual(expected);
  });

  test('has no sample for a driver that does not account for its queues, or has none', async () => {
    const collect = collecting(createRecordedHost(hostName), configFrom(['--device.include=.*']));
    const [family] = await collect();
    // vmxnet3 has the files and leaves them at 0; igb and one virtio_net have sent nothing yet.
    expect(family?.samples.map(({ labels }) => labels['device'])).toEqual([
      'eno1',
      'ens3',
      'mgmt0',
    ]);
  });
});
