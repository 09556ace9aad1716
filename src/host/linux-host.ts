import type { Config } from '../config/config.ts';
import type { Device } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import { createAttributeReader } from './attributes.ts';
import { createDeviceFinder } from './devices.ts';
import type { FoundDevice } from './devices.ts';
import type { DeviceIdentity } from './devices.ts';
import type { Drivers } from './drivers.ts';
import type { Host } from './host.ts';
import { readJournal, readPreviousBoot } from './journal.ts';
import { readKmsg } from './kmsg.ts';
import { createStateFile } from './state-file.ts';
import { streamLines } from './command.ts';
import { readSmallFile } from './small-file.ts';

const devicesDirectory = '/sys/class/net/';
/** Devices are looked for after this long though no change was announced. */
const rememberedMilliseconds = 5000;

/** The machine nicwatch runs on. */
export function createLinuxHost(
  { paths, stateDirectory }: Pick<Config, 'paths' | 'stateDirectory'>,
  {
    createEthtoolReader,
    linkAnnouncements,
    waitReadable,
  }: Pick<Drivers, 'createEthtoolReader' | 'linkAnnouncements'> &
    Partial<Pick<Drivers, 'waitReadable'>>,
): Host {
  const findDevices = createDeviceFinder(paths.sysfs);
  const attributes = createAttributeReader();
  let found: ReadonlyMap<string, DeviceIdentity> = new Map();

  const devicePath = (rawName: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${paths.sysfs}/class/net/`), rawName]);

  const identify = (device: string): DeviceIdentity => {
    const identity = found.get(device);
    if (identity === undefined) {
      throw new SourceError('absent', `there is no device ${JSON.stringify(device)}`);
    }
    return identity;
  };

  let listed: readonly FoundDevice[] | undefined;
  let devices: readonly Device[] = [];

  /** What had been announced when the devices were last looked for, and when that was. */
  let foundAt: { readonly changes: number | undefined; readonly milliseconds: number } | undefined;

  const listDevices = async (): Promise<readonly Device[]> => {
    // Asked before they are looked for: what changes meanwhile is looked at again.
    const changes = linkAnnouncements?.ofAny();
    const milliseconds = performance.now();
    if (
      changes !== undefined &&
      changes === foundAt?.changes &&
      milliseconds - foundAt.milliseconds < rememberedMilliseconds
    ) {
      return devices;
    }
    const all = findDevices();
    foundAt = { changes, milliseconds };
    if (all !== listed) {
      listed = all;
      devices = all.map(({ device }) => device);
      found = new Map(
        all.map(({ device: { name, interfaceIndex }, rawName }) => [
          name,
          { rawName, interfaceIndex },
        ]),
      );
      attributes.follow(
        all.map(({ device: { name, interfaceIndex }, rawName }) => ({
          label: name,
          path: devicePath(rawName),
          interfaceIndex,
        })),
      );
    }
    return devices;
  };

  /** A device is found by the bytes of its name, which its label may not hold. */
  const locate = (path: string): string | Buffer => {
    if (!path.startsWith(devicesDirectory)) {
      return mountedPath(path, paths);
    }
    const [label = '', ...rest] = path.slice(devicesDirectory.length).split('/');
    return Buffer.concat([
      devicePath(identify(label).rawName),
      Buffer.from(['', ...rest].join('/')),
    ]);
  };

  return {
    devices: listDevices,
    readFile: async (path) => readSmallFile(locate(path)),
    readAttribute: (device, attribute) => attributes.read(device, attribute),
    listAttributes: (device, directory) => attributes.list(device, directory),
    announcedChanges: (device) => linkAnnouncements?.of(identify(device).interfaceIndex),
    ethtool: createEthtoolReader(identify),
    kernelLog: (source, { signal: stop, afterCursor }) =>
      source === 'kmsg'
        ? readKmsg(`${paths.rootfs.replace(/\/$/, '')}/dev/kmsg`, { signal: stop, waitReadable })
        : readJournal({ streamLines, rootfs: paths.rootfs, signal: stop }, afterCursor),
    previousBootLog: (stop) =>
      readPreviousBoot({ streamLines, rootfs: paths.rootfs, signal: stop }),
    state: createStateFile(`${stateDirectory}/kernel-log.json`),
    now: () => new Date(),
  };
}

/** Where a path of procfs or sysfs is found under the mounts the configuration names. */
function mountedPath(path: string, { procfs, sysfs }: Config['paths']): string {
  for (const [prefix, mount] of [
    ['/proc/', procfs],
    ['/sys/', sysfs],
  ] as const) {
    if (path.startsWith(prefix)) {
      return `${mount}/${path.slice(prefix.length)}`;
    }
  }
  return path;
}
