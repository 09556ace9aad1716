import { predictNetplan } from '../../src/declared/netplan.ts';
import type { PredictionInput } from '../../src/declared/predict.ts';
import type { ConfigFile, DeviceIdentity } from '../../src/model/declaration.ts';

/** A case as it was recorded on a host with the veth device eno1, which a .link file or a rule may rename. */
export interface DeclaredCase {
  readonly system: string;
  readonly case: string;
  readonly files: Readonly<Record<string, string | undefined>>;
  readonly device: string;
}

/** The host of a recorded case, and what eno1 is called on it in the end. */
export function declaredHost({
  system,
  case: name,
  files,
  device,
}: DeclaredCase): PredictionInput & { readonly device: DeviceIdentity } {
  const mode = name.includes('mode 0644') ? 0o644 : 0o600;
  const tree = new Map<string, ConfigFile>(
    Object.entries(files).flatMap(([path, text]) =>
      text === undefined
        ? []
        : [[path, { path, text, mode: path.includes('/if-up.d/') ? 0o755 : mode }]],
    ),
  );
  const veths = [veth('lo', 1), { ...veth(device, 2), kernelName: 'eno1' }] as const;
  return {
    tree,
    device: veths[1],
    devices: veths,
    installed: {
      ifupdown: system === 'ifupdown' || system === 'ifupdown2' ? system : undefined,
      networkManager: system === 'networkmanager',
      ethtool: name !== 'S2 ethtool package absent',
      ethtoolPaths: undefined,
      ethtoolHook: true,
      hotplug: false,
    },
    netplan: predictNetplan(tree),
    activeProfiles: undefined,
  };
}

function veth(name: string, interfaceIndex: number): DeviceIdentity {
  return {
    name,
    kernelName: name,
    macAddress: name === 'lo' ? '00:00:00:00:00:00' : '02:00:00:00:00:01',
    permanentMacAddress: undefined,
    driver: name === 'lo' ? undefined : 'veth',
    busAddress: undefined,
    interfaceIndex,
    type: name === 'lo' ? 'loopback' : 'ether',
    master: undefined,
    features: undefined,
  };
}
