import type { Config } from '../config/config.ts';
import type { Device } from '../model/device.ts';

/**
 * Says which devices are watched: by default everything with hardware below it that carries a node's traffic.
 * `--device.include` replaces that choice, `--device.exclude` takes away from it.
 */
export function isWatched(
  device: Device,
  { deviceInclude, deviceExclude }: Pick<Config, 'deviceInclude' | 'deviceExclude'>,
): boolean {
  return (
    (deviceInclude?.test(device.name) ?? isWatchedByDefault(device)) &&
    deviceExclude?.test(device.name) !== true
  );
}

function isWatchedByDefault({ kind, hasUplink }: Device): boolean {
  switch (kind) {
    case 'physical':
    case 'vxlan':
    case 'geneve':
    case 'bond':
      return true;
    // A bridge over a NIC (vmbr0) is the node's uplink; one with only container ends below it (docker0, cni0) is not.
    case 'bridge':
      return hasUplink;
    case 'vlan':
    case 'virtual':
      return false;
  }
}
