import pLimit from 'p-limit';

import type { Host } from '../host/host.ts';
import { createGuardedRead } from './guarded-read.ts';

/** Shorter than a scrape waits for a poll, so that one stuck device cannot make a scrape miss the others. */
const deviceDeadlineMilliseconds = 400;
/** Files of procfs and the list of devices depend on no driver, but may take long on a machine of many devices. */
const listDeadlineMilliseconds = 5000;
/** Drivers asked at the same time: a poll must not load the node it watches. */
const concurrentDrivers = 4;
const concurrentFiles = 8;

export interface GuardedHost {
  readonly host: Host;
  /** From here on every value is read anew. */
  startPoll(): void;
}

/** Puts a guard before every read of a host: see {@link createGuardedRead}. */
export function createGuardedHost(
  host: Host,
  deadlineMilliseconds: number = deviceDeadlineMilliseconds,
): GuardedHost {
  const drivers = { deadlineMilliseconds, limit: pLimit(concurrentDrivers) };
  const files = { deadlineMilliseconds, limit: pLimit(concurrentFiles) };
  const devices = createGuardedRead(() => host.devices(), {
    what: 'list of network devices',
    deadlineMilliseconds: listDeadlineMilliseconds,
    limit: pLimit(1),
  });
  const file = createGuardedRead((path) => host.readFile(path), { what: 'content', ...files });
  const directory = createGuardedRead((path) => host.listDirectory(path), {
    what: 'entries',
    ...files,
  });
  const { ethtool } = host;
  const driverInfo = createGuardedRead((device) => ethtool.driverInfo(device), {
    what: 'driver information',
    ...drivers,
  });
  const statistics = createGuardedRead((device) => ethtool.statistics(device), {
    what: 'driver statistics',
    ...drivers,
  });
  const features = createGuardedRead((device) => ethtool.features(device), {
    what: 'offload features',
    ...drivers,
  });
  const txRingSize = createGuardedRead((device) => ethtool.txRingSize(device), {
    what: 'transmit ring size',
    ...drivers,
  });
  const reads = [devices, file, directory, driverInfo, statistics, features, txRingSize];
  return {
    host: {
      devices: () => devices.read(devicesKey),
      readFile: file.read,
      listDirectory: directory.read,
      ethtool: {
        driverInfo: driverInfo.read,
        statistics: statistics.read,
        features: features.read,
        txRingSize: txRingSize.read,
      },
      kernelLog: (source, options) => host.kernelLog(source, options),
      previousBootLog: (signal) => host.previousBootLog(signal),
      state: host.state,
      now: () => host.now(),
    },
    startPoll: () => {
      for (const read of reads) {
        read.startPoll();
      }
    },
  };
}

/** There is one list of devices, so its guard has one key. */
const devicesKey = '/sys/class/net';
