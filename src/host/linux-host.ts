import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

import type { Config } from '../config/config.ts';
import type { PacketCounters } from '../model/device.ts';
import type { DescriptorBudget } from './descriptors.ts';
import { createDeviceLister } from './devices.ts';
import type { Drivers } from './drivers.ts';
import type { Host, StateFile } from './host.ts';
import { readJournal, readPreviousBoot } from './journal.ts';
import { readKmsg } from './kmsg.ts';
import { createProcFileReader } from './proc-file.ts';
import { createLinuxDevice } from './linux-device.ts';
import type { LinuxDevice } from './linux-device.ts';
import { readNetworkConfig } from './network-config.ts';
import { withNmcliProfiles } from './nmcli-profiles.ts';
import { createPacketTable } from './packet-table.ts';
import { processNamespaces } from './process-namespaces.ts';
import { resolveBelow } from './root-path.ts';
import { createRunCommand, streamLines } from './command.ts';
import { readSmallFile } from './small-file.ts';

/** TTL of the device list if changes are announced. */
const announcedListTtlMilliseconds = 60_000;
/** TTL if announcements may be of another network namespace than the list. */
const foreignListTtlMilliseconds = 5000;
/** TTL if changes are not announced; a flood of kernel records must not list the devices for each. */
const listTtlMilliseconds = 500;

const nmcliTimeoutMilliseconds = 5000;
/** The list of installed packages has a few MiB. */
const maxRootFileBytes = 8 * 1024 * 1024;

export interface LinuxHostOptions extends Pick<
  Drivers,
  'reader' | 'openEthtool' | 'linkAnnouncements' | 'waitReadable'
> {
  /** By default packets cannot be sampled. */
  readonly openPacketSocket?: Drivers['openPacketSocket'];
  readonly descriptors: DescriptorBudget;
  readonly state: StateFile;
  readonly offloadState: StateFile;
}

/** Creates the host of the machine nicwatch runs on. */
export function createLinuxHost({ paths }: Pick<Config, 'paths'>, options: LinuxHostOptions): Host {
  const { linkAnnouncements, waitReadable } = options;
  const directory = Buffer.from(`${paths.sysfs}/class/net/`);
  const list = createDeviceLister(directory, (identity) =>
    createLinuxDevice(identity, {
      ...options,
      directory,
      generation: (interfaceIndex) => linkAnnouncements?.generation(interfaceIndex),
    }),
  );
  const readProcFile = createProcFileReader();
  const readPacketTable = createPacketTable(`${paths.procfs}/net/dev`);
  const hasOwnDevices = showsOwnDevices(paths.sysfs);
  const announcedTtlMilliseconds = hasOwnDevices
    ? announcedListTtlMilliseconds
    : foreignListTtlMilliseconds;
  let devices: readonly LinuxDevice[] = [];
  let listedChanges: number | undefined;
  let expiresAt = 0;

  const listDevices = (): readonly LinuxDevice[] => {
    // Read before the listing, so that changes during it cause another.
    const changes = linkAnnouncements?.read();
    const now = performance.now();
    if (now >= expiresAt || changes !== listedChanges) {
      devices = list();
      listedChanges = changes;
      expiresAt = now + (changes === undefined ? listTtlMilliseconds : announcedTtlMilliseconds);
    }
    return devices;
  };

  return {
    devices: listDevices,
    packetCounters: async () => {
      if (!hasOwnDevices) {
        return undefined;
      }
      const byName = await readPacketTable();
      const counters = new Map<LinuxDevice, PacketCounters>();
      for (const device of devices) {
        const found = byName.get(device.rawName.toString('latin1'));
        if (found !== undefined) {
          counters.set(device, found);
        }
      }
      return counters;
    },
    readFile: async (path) => readSmallFile(mountedPath(path, paths)),
    readProcNet: (name, pid) =>
      readProcFile(`${paths.procfs}/${pid === undefined ? '' : `${pid}/`}net/${name}`),
    processNamespaces: () => processNamespaces(paths.procfs),
    ethtoolReader: options.reader,
    kernelLog: (source, { signal: stop, afterCursor }) =>
      source === 'kmsg'
        ? readKmsg(`${paths.rootfs.replace(/\/$/, '')}/dev/kmsg`, { signal: stop, waitReadable })
        : readJournal({ streamLines, rootfs: paths.rootfs, signal: stop }, afterCursor),
    previousBootLog: (stop) =>
      readPreviousBoot({ streamLines, rootfs: paths.rootfs, signal: stop }),
    addresses: () =>
      Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
        addresses.map(({ address }) => ({ device, address })),
      ),
    openPacketSocket: options.openPacketSocket,
    state: options.state,
    offloadState: options.offloadState,
    networkConfig: async (previous) => {
      const config = await readNetworkConfig(paths.rootfs, previous);
      return paths.rootfs === '/'
        ? withNmcliProfiles(config, createRunCommand(AbortSignal.timeout(nmcliTimeoutMilliseconds)))
        : config;
    },
    readRootFile: async (path) =>
      readSmallFile(await resolveBelow(paths.rootfs, path), maxRootFileBytes),
    now: () => new Date(),
  };
}

/**
 * Whether sysfs shows the network namespace of this process, as `/proc/net` does: each namespace has a sysfs of its own,
 * wherever it is mounted.
 */
function showsOwnDevices(sysfs: string): boolean {
  try {
    return statSync(`${sysfs}/class/net`).dev === statSync('/sys/class/net').dev;
  } catch {
    return false;
  }
}

/** Translates a path of procfs or sysfs to the configured mount points. */
function mountedPath(path: string, { procfs, sysfs }: Config['paths']): string {
  return path.replace(/^\/(proc|sys)\//, (_, name) => `${name === 'proc' ? procfs : sysfs}/`);
}
