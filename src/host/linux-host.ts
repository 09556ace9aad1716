import type { Config } from '../config/config.ts';
import type { Device } from '../model/device.ts';
import { findDevices } from './devices.ts';
import { createEthtoolCommandReader } from './ethtool-command.ts';
import type { Host } from './host.ts';
import { readJournal, readPreviousBoot } from './journal.ts';
import { readKmsg } from './kmsg.ts';
import { createRunCommand } from './run-command.ts';
import { createStateFile } from './state-file.ts';
import { streamLines } from './stream-lines.ts';
import { listNames, readSmallFile } from './sysfs.ts';

const devicesDirectory = '/sys/class/net/';

/** The machine nicwatch runs on. When `signal` is aborted, every command still running is killed. */
export function createLinuxHost(
  { paths, stateDirectory }: Pick<Config, 'paths' | 'stateDirectory'>,
  signal: AbortSignal,
): Host {
  /** Directories of devices whose name is not UTF-8, by label: a string path would not lead there. */
  let rawNames: ReadonlyMap<string, Buffer> = new Map();

  const devices = async (): Promise<readonly Device[]> => {
    const found = await findDevices(paths.sysfs);
    rawNames = new Map(
      found
        .filter(({ device, rawName }) => !rawName.equals(Buffer.from(device.name)))
        .map(({ device, rawName }) => [device.name, rawName]),
    );
    return found.map(({ device }) => device);
  };

  const locate = (path: string): string | Buffer => {
    const mounted = mountedPath(path, paths);
    if (rawNames.size === 0 || !path.startsWith(devicesDirectory)) {
      return mounted;
    }
    const [label = '', ...rest] = path.slice(devicesDirectory.length).split('/');
    const rawName = rawNames.get(label);
    return rawName === undefined
      ? mounted
      : Buffer.concat([
          Buffer.from(`${paths.sysfs}/class/net/`),
          rawName,
          Buffer.from(['', ...rest].join('/')),
        ]);
  };

  return {
    devices,
    readFile: async (path) => readSmallFile(locate(path)),
    listDirectory: async (path) => {
      const names = await listNames(locate(path));
      return names.map((name) => name.toString('utf8'));
    },
    ethtool: createEthtoolCommandReader(createRunCommand(signal)),
    kernelLog: (source, { signal: stop, afterCursor }) =>
      source === 'kmsg'
        ? readKmsg(`${paths.rootfs.replace(/\/$/, '')}/dev/kmsg`, stop)
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
