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

/** The installed systems that configure networks. */
export interface Installed {
  readonly ifupdown: 'ifupdown' | 'ifupdown2' | undefined;
  readonly networkManager: boolean;
  readonly ethtool: boolean;
  /** Where it is, of the directories of programs; undefined where these cannot be seen. */
  readonly ethtoolPaths: readonly string[] | undefined;
  /** The hook of ifupdown for `offload-*`. */
  readonly ethtoolHook: boolean;
  /** What brings up the devices of `allow-hotplug`. */
  readonly hotplug: boolean;
}

/** The properties of the host that decide the effect of its configuration. */
export interface PredictionInput {
  readonly tree: ConfigTree;
  readonly installed: Installed;
  readonly devices: readonly DeviceIdentity[];
  /** The files that netplan generates. */
  readonly netplan: NetplanFiles;
  /** The active profile of NetworkManager by interface index; undefined if unknown. */
  readonly activeProfiles: ReadonlyMap<number, string> | undefined;
}

export interface HostContext extends PredictionInput {
  readonly lookUp: DeviceLookup;
}

/**
 * Predicts the effect of every declaration of the host's configuration at the next boot, in their order of execution: udev
 * with the .link file and rules, then network configuration, then units.
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

/** A setting of the bridge in its stanza is fine if its port is set as well. */
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

/** The predicted state of a feature, and the declaration that sets it. */
export interface InForce {
  readonly enabled: boolean;
  readonly by: Declaration;
}

/** The predicted states of a device's features: the last effective declaration counts, and the kernel turns off dependent features. */
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
