import type { NetworkConfig } from '../host/network-config.ts';
import { parseIniLines } from '../parsers/ini-lines.ts';
import type { NetplanFiles } from './netplan.ts';
import type { Installed, PredictionInput } from './predict.ts';

const runningProfiles = /^\/run\/NetworkManager\/devices\/(\d+)$/;

/** Parses netplan's YAML. The YAML parser is loaded only if needed: most hosts have no YAML. */
export async function readNetplan({ files }: Pick<NetworkConfig, 'files'>): Promise<NetplanFiles> {
  if (![...files.keys()].some((path) => path.includes('/netplan/'))) {
    return { isReadable: false, files: [] };
  }
  const { predictNetplan } = await import('./netplan.ts');
  return predictNetplan(files);
}

/** The input of a prediction, from the configuration and the devices of a host. */
export function predictionInput(
  { files, present }: NetworkConfig,
  { devices, netplan }: Pick<PredictionInput, 'devices' | 'netplan'>,
): PredictionInput {
  const profiles = [...files.values()].flatMap(({ path, text }) => {
    const [, index] = runningProfiles.exec(path) ?? [];
    const uuid = parseIniLines(text, 'keyfile').find(({ key }) => key === 'connection-uuid')?.value;
    return index === undefined || uuid === undefined ? [] : [[Number(index), uuid] as const];
  });
  return {
    tree: files,
    devices,
    netplan,
    installed: installedOf(present, files),
    activeProfiles: profiles.length === 0 ? undefined : new Map(profiles),
  };
}

/** Of ifupdown: udev has ifup@.service brought up by it. */
const hotplugRules = '/rules.d/80-ifupdown.rules';

/** A directory of the host that is not mounted here must not look like missing packages. */
function installedOf(present: ReadonlySet<string>, files: NetworkConfig['files']): Installed {
  const has = (...paths: readonly string[]): boolean => paths.some((path) => present.has(path));
  const isMounted = has('/usr/sbin');
  const paths = [...present].filter((path) => path.endsWith('bin/ethtool'));
  const isIfupdown2 = has('/usr/share/ifupdown2') || (!isMounted && has('/etc/network/ifupdown2'));
  const isIfupdown = has('/usr/sbin/ifup', '/sbin/ifup') || !isMounted;
  return {
    ifupdown: isIfupdown2 ? 'ifupdown2' : isIfupdown ? 'ifupdown' : undefined,
    networkManager: has('/usr/sbin/NetworkManager') || !isMounted,
    ethtoolPaths: isMounted && paths.length > 0 ? paths : undefined,
    ethtool: has('/usr/sbin/ethtool', '/sbin/ethtool', '/usr/bin/ethtool') || !isMounted,
    ethtoolHook: has('/etc/network/if-up.d/ethtool') || !has('/etc/network/if-up.d'),
    hotplug:
      isIfupdown2 ||
      (files.get(`/etc/udev${hotplugRules}`)?.text !== '' &&
        (files.has(`/usr/lib/udev${hotplugRules}`) || !isMounted)),
  };
}
