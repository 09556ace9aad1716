import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import { gauge } from '../metrics/metric.ts';
import { parseInteger } from '../parsers/number.ts';
import { createAttempt } from './attempt.ts';
import { readCarrier } from './carrier.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceSamples } from './device-samples.ts';
import { txQueues } from './tx-queues.ts';
import { createWatchedDevices } from './watched-devices.ts';

/** Shorter than any driver's watchdog waits (5 s and more), twice over: a busy moment is no stall. */
const stalledSeconds = 10;
/** Two values that are alike say little; three do. */
const stalledPolls = 3;

const txStalled = gauge({
  name: 'nic_tx_stalled',
  help: 'Whether the device has carrier and bytes waiting in its transmit queues, and has sent nothing for 10 s and 3 polls. Only where the driver accounts for its queues by bytes. Source: sysfs carrier, byte_queue_limits, tx_packets.',
  labels: ['device'],
});

/** Since when a device has sent nothing although it has work. */
interface Stillness {
  readonly txPackets: number;
  readonly sinceSeconds: number;
  readonly polls: number;
}

/** Transmitters that stand still: a sign of a hang that needs no log line and no help of the driver. */
export const txStallCollector: CollectorDefinition = {
  name: 'tx-stall',
  description: 'Transmitters that stand still with work waiting.',
  metrics: [txStalled],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    /** By interface index. */
    let stillnesses: ReadonlyMap<number, Stillness> = new Map();

    /** A device that does not answer has not moved either: what is known of it stays. */
    const readOrKeep = async (
      device: Device,
      before: Stillness | undefined,
      nowSeconds: number,
    ): Promise<Stillness | undefined> => {
      const read = await attempt({ device: device.name, read: 'sysfs' }, async () => ({
        stillness: await readStillness(host, device, before, nowSeconds),
      }));
      return read === undefined ? before : read.stillness;
    };

    return {
      collect: async () => {
        const nowSeconds = host.now().getTime() / 1000;
        const devices = await watchedDevices();
        const readings = await Promise.all(
          devices.map(async (device) => ({
            device,
            stillness: await readOrKeep(device, stillnesses.get(device.interfaceIndex), nowSeconds),
          })),
        );
        stillnesses = new Map(
          readings.flatMap(({ device, stillness }) =>
            stillness === undefined ? [] : [[device.interfaceIndex, stillness]],
          ),
        );
        return [
          txStalled.family(
            deviceSamples(readings, ({ stillness }) =>
              stillness === undefined ? undefined : Number(isStalled(stillness, nowSeconds)),
            ),
          ),
        ];
      },
    };
  },
};

function isStalled({ sinceSeconds, polls }: Stillness, nowSeconds: number): boolean {
  return polls >= stalledPolls && nowSeconds - sinceSeconds >= stalledSeconds;
}

/** Undefined for a device whose driver does not account for its queues: what waits in them cannot be seen. */
async function readStillness(
  host: Host,
  { name }: Device,
  before: Stillness | undefined,
  nowSeconds: number,
): Promise<Stillness | undefined> {
  const queues = txQueues(host, name);
  const hasBytes = (attribute: 'inflight' | 'limit'): boolean =>
    queues.some(
      (queue) =>
        parseInteger(host.readAttribute(name, `queues/${queue}/byte_queue_limits/${attribute}`)) >
        0,
    );
  // The limit leaves 0 with the first packet a driver accounts for, and tells that it does.
  if (before === undefined && !hasBytes('limit')) {
    return undefined;
  }
  const txPackets = parseInteger(host.readAttribute(name, 'statistics/tx_packets'));
  const isStill =
    before?.txPackets === txPackets &&
    hasBytes('inflight') &&
    (await readCarrier(host, name)) === 1;
  return isStill
    ? { ...before, polls: before.polls + 1 }
    : { txPackets, sinceSeconds: nowSeconds, polls: 1 };
}
