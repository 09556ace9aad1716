import { gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import { carrierOf } from './carrier.ts';
import type { CollectorDefinition, WatchedDevice } from './collector.ts';
import { deviceSamples } from './collector.ts';
import { createTxQueueAttributes, hasTxBytes } from './tx-queues.ts';

/** Twice the usual timeout of transmit watchdogs (5 s): a short pause is no stall. */
const stalledSeconds = 10;
/** Min polls with the same packet count. */
const stalledPolls = 3;

export const txStalled: Metric<'device'> = gauge({
  name: 'nic_tx_stalled',
  help: 'Whether the device has carrier and bytes waiting in its transmit queues, and has sent nothing for 10 s and 3 polls. Only where the driver accounts for its queues by bytes. Source: sysfs carrier, byte_queue_limits, tx_packets.',
  labels: ['device'],
});

/** Since when a device has sent nothing despite queued bytes. */
interface StallState {
  readonly txPackets: number;
  /** Whether the driver accounts for its queues: otherwise queued bytes are not visible. */
  readonly isAccounted: boolean;
  readonly sinceSeconds: number;
  readonly polls: number;
}

/** Stalled transmitters: a sign of a hang that needs neither a log line nor the driver. */
export const txStallCollector: CollectorDefinition = {
  name: 'tx-stall',
  description: 'Transmitters that are stalled with packets queued.',
  metrics: [txStalled],
  create: () => {
    const states = new WeakMap<WatchedDevice, StallState>();
    const limits = createTxQueueAttributes('byte_queue_limits/limit');
    const inflight = createTxQueueAttributes('byte_queue_limits/inflight');

    const nextState = (
      device: WatchedDevice,
      previous: StallState | undefined,
      nowSeconds: number,
    ): StallState => {
      const { txPackets } = device.packetCounters();
      if (previous === undefined || previous.txPackets !== txPackets) {
        // The limit becomes positive with the first packet a driver accounts for.
        const isAccounted = previous?.isAccounted === true || hasTxBytes(device, limits);
        return { txPackets, isAccounted, sinceSeconds: nowSeconds, polls: 1 };
      }
      if (!previous.isAccounted) {
        // A packet is accounted for on completion, which may be after it was counted.
        return previous.polls < stalledPolls
          ? { ...previous, isAccounted: hasTxBytes(device, limits), polls: previous.polls + 1 }
          : previous;
      }
      const isStill = hasTxBytes(device, inflight) && carrierOf(device) === 1;
      return isStill
        ? { ...previous, polls: previous.polls + 1 }
        : { ...previous, sinceSeconds: nowSeconds, polls: 1 };
    };

    return {
      collect: ({ devices, nowSeconds, attempt }) => {
        const readings = devices.map((device) => {
          const previous = states.get(device);
          const state = attempt({ device, read: 'sysfs' }, () =>
            nextState(device, previous, nowSeconds),
          );
          if (state !== undefined && state !== previous) {
            states.set(device, state);
          }
          // If the device cannot be read, its state stays.
          return { device, state: state ?? previous };
        });
        return [
          txStalled.family(
            deviceSamples(readings, ({ state }) =>
              state?.isAccounted === true ? Number(isStalled(state, nowSeconds)) : undefined,
            ),
          ),
        ];
      },
    };
  },
};

function isStalled({ sinceSeconds, polls }: StallState, nowSeconds: number): boolean {
  return polls >= stalledPolls && nowSeconds - sinceSeconds >= stalledSeconds;
}
