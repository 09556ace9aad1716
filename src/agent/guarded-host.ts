import { performance } from 'node:perf_hooks';

import type { Host } from '../host/host.ts';
import { threadPoolSize } from '../host/runtime.ts';
import type { Device } from '../model/device.ts';
import { createGate } from './gate.ts';
import type { GateOptions } from './gate.ts';
import { createUnchangedRead } from './unchanged-read.ts';
import { createGuardedRead } from './guarded-read.ts';

/** Shorter than a scrape waits for a poll, so that one stuck device cannot make a scrape miss the others. */
const deviceDeadlineMilliseconds = 400;
/** Devices are listed anew for an event of the kernel log, but not for each of a flood. */
const listMilliseconds = 1000;
/** Drivers are asked a few at a time, for a poll must not load the node it watches. */
const concurrentDrivers = 4;
/** Carrier and speed wait for the lock a NIC in trouble holds: never more of them than this, however long. */
const lockGate = { places: 2, placeMilliseconds: 50, capacity: 2 };
const fileGate = { places: 4, placeMilliseconds: 50, capacity: 4 };
/** Commands that hang together at most. Each is a process of its own. */
const largestCommands = 64;
/** What is left of the pool when native calls and locked attributes do not come back: for files, and the kernel log. */
const spareThreads = 2;

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
  const drivers = {
    deadlineMilliseconds,
    gate: createGate({ ...driverGate(host), deadlineMilliseconds }),
  };
  const devices = createRecentList(host);
  const locked = createGuardedRead((path) => host.readFile(path), {
    what: 'content',
    deadlineMilliseconds,
    gate: createGate({ ...lockGate, deadlineMilliseconds }),
  });
  const file = createGuardedRead((path) => host.readFile(path), {
    what: 'content',
    deadlineMilliseconds,
    gate: createGate({ ...fileGate, deadlineMilliseconds }),
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
  const unchangedFeatures = createUnchangedRead(features.read, (device) =>
    host.announcedChanges(device),
  );
  const txRingSize = createGuardedRead((device) => ethtool.txRingSize(device), {
    what: 'transmit ring size',
    ...drivers,
  });
  const reads = [devices, locked, file, driverInfo, statistics, features, txRingSize];
  return {
    host: {
      devices: devices.read,
      readFile: (path) => (path.startsWith('/sys/') ? locked : file).read(path),
      readAttribute: (device, attribute) => host.readAttribute(device, attribute),
      listAttributes: (device, directory) => host.listAttributes(device, directory),
      announcedChanges: (device) => host.announcedChanges(device),
      ethtool: {
        kind: ethtool.kind,
        driverInfo: driverInfo.read,
        statistics: statistics.read,
        features: unchangedFeatures,
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

/** A native call that does not come back holds a thread of the pool, and the pool must never be held as a whole. */
function driverGate({ ethtool }: Host): Omit<GateOptions, 'deadlineMilliseconds'> {
  const capacity =
    ethtool.kind === 'command'
      ? largestCommands
      : Math.max(1, threadPoolSize() - lockGate.capacity - spareThreads);
  return { places: Math.min(concurrentDrivers, capacity), placeMilliseconds: 50, capacity };
}

/** The list of devices, made anew for each poll and after a while. */
function createRecentList(host: Host): {
  read(): Promise<readonly Device[]>;
  startPoll(): void;
} {
  let list: Promise<readonly Device[]> | undefined;
  let listedAt = 0;
  return {
    read: () => {
      if (list === undefined || performance.now() - listedAt > listMilliseconds) {
        list = host.devices();
        listedAt = performance.now();
      }
      return list;
    },
    startPoll: () => {
      list = undefined;
    },
  };
}
