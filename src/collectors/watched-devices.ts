import type { Config } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { Device } from '../model/device.ts';

/**
 * Makes the function that gives the devices to watch: by default everything with hardware below it that carries a
 * node's traffic. `--device.include` replaces that choice, `--device.exclude` takes away from it. As long as no device
 * comes or goes the list is the same object.
 */
export function createWatchedDevices(
  host: Pick<Host, 'devices'>,
  { deviceInclude, deviceExclude }: Pick<Config, 'deviceInclude' | 'deviceExclude'>,
): () => Promise<readonly Device[]> {
  let all: readonly Device[] = [];
  let watched: readonly Device[] = [];
  return async () => {
    const devices = await host.devices();
    if (devices !== all) {
      all = devices;
      watched = devices.filter(
        (device) =>
          (deviceInclude?.test(device.name) ?? isWatchedByDefault(device)) &&
          deviceExclude?.test(device.name) !== true,
      );
    }
    return watched;
  };
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
