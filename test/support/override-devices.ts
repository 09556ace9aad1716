import type { Host, NetworkDevice } from '../../src/host/host.ts';

/** Gives devices of a host other reads. */
export function overrideDevices(
  host: Host,
  override: (device: NetworkDevice) => Partial<NetworkDevice>,
): Host {
  const known = new WeakMap<NetworkDevice, NetworkDevice>();
  const overridden = (device: NetworkDevice): NetworkDevice => {
    const handle = known.get(device) ?? { ...device, ...override(device) };
    known.set(device, handle);
    return handle;
  };
  return { ...host, devices: () => host.devices().map(overridden) };
}
