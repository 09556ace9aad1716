import { featureDependencies } from '../catalogue/offload-names.ts';
import type { Declaration, DeviceIdentity } from '../model/declaration.ts';
import type { ConfigTree } from './config-tree.ts';
import type { DeviceLookup } from './ethtool-run.ts';
import { featuresOf } from './feature-names.ts';
import { predictIfcfg } from './ifcfg.ts';
import { predictIfupdown } from './ifupdown.ts';
import { linkFiles, predictLink } from './link.ts';
import type { NetplanFiles } from './netplan.ts';
import { predictNetworkManager } from './network-manager.ts';
import { doubt, ignore } from './outcome.ts';
import { predictScripts } from './scripts.ts';
import { predictUdev } from './udev.ts';
import { predictUnits } from './units.ts';

/** Which of the systems that configure networks are installed. */
export interface Installed {
  readonly ifupdown: 'ifupdown' | 'ifupdown2' | undefined;
  readonly networkManager: boolean;
  readonly ethtool: boolean;
  /** Where it is, of the directories of programs; undefined where these cannot be seen. */
  readonly ethtoolPaths: readonly string[] | undefined;
  /** What ifupdown runs for `offload-*`. */
  readonly ethtoolHook: boolean;
  /** What brings up the devices of `allow-hotplug`. */
  readonly hotplug: boolean;
}

/** The host, as far as it decides what its configuration does. */
export interface PredictionInput {
  readonly tree: ConfigTree;
  readonly installed: Installed;
  readonly devices: readonly DeviceIdentity[];
  /** What netplan makes of its YAML. */
  readonly netplan: NetplanFiles;
  /** The profile NetworkManager has active on a device, by interface index; undefined where nobody can tell. */
  readonly activeProfiles: ReadonlyMap<number, string> | undefined;
}

export interface HostContext extends PredictionInput {
  readonly lookUp: DeviceLookup;
}

/**
 * Says what every declaration of the host's configuration will do at the next boot, in the order in which they act: udev
 * with the .link file and the rules, then what configures the network, then units.
 */
export function predictDeclarations(input: PredictionInput): readonly Declaration[] {
  const links = linkFiles(input);
  const named = new Map(input.devices.map((device) => [device.name, device]));
  const context = { ...input, lookUp: (name: string) => named.get(name) };
  const { ifupdown } = input.installed;
  const declarations = [
    ...predictLink(context, links),
    ...predictUdev(context),
    ...(ifupdown === undefined
      ? predictIfupdown(context, 'ifupdown').map((row) => ignore(row, 'unmanaged'))
      : predictIfupdown(context, ifupdown)),
    ...predictNetworkManager(context),
    ...predictIfcfg(context),
    ...predictUnits(context),
    ...predictScripts(context),
  ];
  return declarations
    .filter((declaration) => !isMeantElsewhere(declaration, declarations, context.lookUp))
    .map((declaration) => withProgram(declaration, input.installed));
}

/** A command whose program is not there does nothing. */
function withProgram(
  declaration: Declaration,
  { ethtoolPaths = usualPaths }: Installed,
): Declaration {
  const [, path = ''] = /(\/[^\s"'=]*\/ethtool)\s+-/.exec(declaration.text) ?? [];
  if (declaration.outcome.kind !== 'applies' || path === '' || ethtoolPaths.includes(path)) {
    return declaration;
  }
  return /^\/(?:usr\/)?s?bin\/ethtool$/.test(path)
    ? ignore(declaration, 'no-path', path)
    : doubt(declaration, `nobody can tell whether ${path} is there`);
}

const usualPaths = ['/usr/sbin/ethtool', '/sbin/ethtool'];

/** What a bridge's stanza does to the bridge is no mistake where its port is taken care of as well. */
function isMeantElsewhere(
  { outcome, device: name = '', settings }: Declaration,
  all: readonly Declaration[],
  lookUp: DeviceLookup,
): boolean {
  const device = lookUp(name);
  if (outcome.kind !== 'ignored' || outcome.reason !== 'wrong-device' || device === undefined) {
    return false;
  }
  const state = inForce(all, device);
  return settings.every(({ feature, enabled }) => state.get(feature)?.enabled === enabled);
}

/** What would be in force of a feature, and what says so. */
export interface InForce {
  readonly enabled: boolean;
  readonly by: Declaration;
}

/** What the declarations leave a device's features at: the last that acts counts, and the kernel switches off what cannot do without. */
export function inForce(
  declarations: readonly Declaration[],
  device: DeviceIdentity,
): ReadonlyMap<string, InForce> {
  const state = new Map<string, InForce>();
  for (const declaration of declarations) {
    if (declaration.device === device.name && declaration.outcome.kind === 'applies') {
      for (const { feature, enabled } of declaration.settings) {
        state.set(feature, { enabled, by: declaration });
      }
    }
  }
  const isOff = (pattern: RegExp) =>
    [...state].find(([feature, { enabled }]) => pattern.test(feature) && !enabled);
  for (const { features, need, and = need } of featureDependencies) {
    const missing = isOff(need);
    if (missing !== undefined && isOff(and) !== undefined) {
      for (const feature of featuresOf(device).filter((name) => features.test(name))) {
        state.set(feature, { enabled: false, by: missing[1].by });
      }
    }
  }
  return state;
}
