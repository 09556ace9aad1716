import type { Config } from '../config/config.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { Device } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';

/**
 * Whether a device is watched: by default those that carry a node's traffic. `--device.include` replaces the default,
 * `--device.exclude` removes devices from it.
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

/** The devices of the host. @throws {SourceError} that names the flag when they cannot be listed. */
export function listHostDevices(
  host: Pick<Host, 'devices'>,
  { paths }: Pick<Config, 'paths'>,
): readonly NetworkDevice[] {
  try {
    return host.devices();
  } catch (error) {
    if (!(error instanceof SourceError)) {
      throw error;
    }
    throw new SourceError(
      error.reason,
      `--path.sysfs ${JSON.stringify(paths.sysfs)}: ${error.message}; expected the path at which sysfs is mounted`,
      { cause: error },
    );
  }
}

/** The error when no device is watched, with a hint. */
export function nothingWatched({
  deviceInclude,
  deviceExclude,
}: Pick<Config, 'deviceInclude' | 'deviceExclude'>): SourceError {
  const flags = [
    ...(deviceInclude === undefined ? [] : [`--device.include ${shownPattern(deviceInclude)}`]),
    ...(deviceExclude === undefined ? [] : [`--device.exclude ${shownPattern(deviceExclude)}`]),
  ];
  const [flag, ...others] = flags;
  const message =
    flag === undefined
      ? 'there is no network device to watch: no physical, VXLAN, Geneve or bond device and no bridge over one; run in the network namespace of the host, or name devices with --device.include'
      : others.length > 0
        ? `${flags.join(' and ')} leave no network device`
        : deviceInclude === undefined
          ? `${flag} leaves no network device`
          : `${flag} matches no network device`;
  return new SourceError(
    'absent',
    flag === undefined ? message : `${message}; expected one that "ip link" lists here`,
  );
}

/** The pattern as given, without the anchors. */
function shownPattern({ source }: RegExp): string {
  return JSON.stringify(source.replace(/^\^\(\?:(.*)\)\$$/s, '$1'));
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
