import { once } from 'node:events';
import process from 'node:process';

import type { Logger } from 'pino';

import { memberNames } from '../declared/identity.ts';
import type { Host } from '../host/host.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric, Sample } from '../metrics/metric.ts';
import type { Feature } from '../model/device.ts';
import { ParseError, assertSourceError } from '../model/errors.ts';
import { advanceHistory } from '../model/offload-history.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import { formatOffloadHistory, parseOffloadHistory } from '../parsers/offload-history.ts';
import type { WatchedDevice } from './collector.ts';

export const unchangedSince: Metric<'device' | 'feature' | 'cause'> = gauge({
  name: 'nic_offload_unchanged_since_timestamp_seconds',
  help: 'Since when the requested state of an offload feature is what it is, across boots, and what changed it: switched (the device is the same as before), boot or device_new (a setting that did not persist), or first_seen; for features that are off or have changed. Source: ethtool -k, the state file of the agent.',
  labels: ['device', 'feature', 'cause'],
});

/** Until the boot is over: ifup and its like set flags half a minute after it. */
const settleSeconds = 300;
const maxDevices = 256;

interface OffloadHistoryOptions {
  readonly host: Pick<Host, 'readFile' | 'offloadState'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly uptimeSeconds?: () => number;
}

/** Follows the offload features of physical devices across boots, in a file of the state directory. */
export interface OffloadHistory {
  /** Restores what was seen in earlier runs, once the ledger has claimed the state directory. */
  restore(signal: AbortSignal): Promise<void>;
  /** Notes the features of a device. The same object for as long as nothing changes; undefined until that is known. */
  observe(reading: OffloadReading): DeviceHistory | undefined;
}

type SeenDevice = Pick<WatchedDevice, 'busAddress' | 'interfaceIndex'>;

interface OffloadReading {
  readonly device: SeenDevice;
  readonly features: readonly Feature[];
  readonly nowSeconds: number;
}

interface Observed {
  /** Monotonic: the wall clock may be set, early in a boot by years. */
  readonly sinceSeconds: number;
  readonly features: readonly Feature[] | undefined;
  readonly history: DeviceHistory | undefined;
}

/** Creates the follower; without a state directory it knows of this run only. */
export function createOffloadHistory({
  host,
  log,
  uptimeSeconds = process.uptime,
}: OffloadHistoryOptions): OffloadHistory {
  /** By bus address, those that changed last at the end. */
  const histories = new Map<string, DeviceHistory>();
  const observed = new WeakMap<SeenDevice, Observed>();
  let bootId: string | undefined;
  let writing = Promise.resolve();

  const write = async (): Promise<void> => {
    try {
      await host.offloadState.write(formatOffloadHistory(histories.values()));
    } catch (error) {
      // The ledger is in the same directory, and reports that it cannot be written.
      assertSourceError(error);
    }
  };

  const keep = (history: DeviceHistory): void => {
    histories.delete(history.device);
    histories.set(history.device, history);
    for (const device of [...histories.keys()].slice(0, -maxDevices)) {
      histories.delete(device);
    }
    writing = writing.then(write);
  };

  return {
    restore: async (signal) => {
      await Promise.race([host.offloadState.claim(), once(signal, 'abort')]);
      if (signal.aborted) {
        return;
      }
      try {
        const id = (await host.readFile('/proc/sys/kernel/random/boot_id')).trim();
        const text = await host.offloadState.read();
        bootId = id;
        for (const history of text === undefined ? [] : parseOffloadHistory(text)) {
          histories.set(history.device, history);
        }
      } catch (error) {
        if (!(error instanceof ParseError)) {
          assertSourceError(error);
        }
        log.warn({ reason: error.message }, 'the history of offload features is not kept');
      }
    },
    observe: ({ device, features, nowSeconds }) => {
      const { busAddress, interfaceIndex } = device;
      if (bootId === undefined || busAddress === undefined) {
        return undefined;
      }
      const now = uptimeSeconds();
      const last = observed.get(device);
      if (last?.features === features) {
        return last.history;
      }
      const sinceSeconds = last?.sinceSeconds ?? now;
      const previous = histories.get(busAddress);
      const isSame = previous?.bootId === bootId && previous.interfaceIndex === interfaceIndex;
      if (!isSame && now - sinceSeconds < settleSeconds) {
        observed.set(device, { sinceSeconds, features: undefined, history: undefined });
        return undefined;
      }
      const members = new Set(memberNames(features));
      const history = advanceHistory(previous, {
        device: busAddress,
        bootId,
        interfaceIndex,
        features: features.filter(({ name }) => members.has(name)),
        nowSeconds,
      });
      if (history !== previous) {
        keep(history);
      }
      observed.set(device, { sinceSeconds, features, history });
      return history;
    },
  };
}

/** One sample for each feature that is off or has changed. */
export function historySamples(
  device: string,
  features: readonly Feature[],
  history: DeviceHistory | undefined,
): readonly Sample<'device' | 'feature' | 'cause'>[] {
  return features.flatMap(({ name: feature, requested }) => {
    const state = history?.features.get(feature);
    return state?.enabled !== requested || (requested && state.cause === 'first_seen')
      ? []
      : [{ labels: { device, feature, cause: state.cause }, value: state.sinceSeconds }];
  });
}
