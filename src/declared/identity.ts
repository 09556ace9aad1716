import type { Host } from '../host/host.ts';
import type { DeviceIdentity } from '../model/declaration.ts';
import type { Device } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import type { Feature } from '../model/device.ts';
import { groupNames } from './feature-names.ts';

/** How a device got its name. @see include/uapi/linux/netdevice.h (NET_NAME_RENAMED) */
const renamed = '4';
/** Its address is the one it was made with. @see include/uapi/linux/netdevice.h (NET_ADDR_PERM) */
const permanentAddress = '0';
const ethernet = '1';

/** Reads the properties of a device that decide which declarations apply; unreadable ones are undefined. */
export async function readIdentity(
  host: Pick<Host, 'readFile'>,
  device: Device,
): Promise<Omit<DeviceIdentity, 'features'>> {
  const { name, driver, busAddress, interfaceIndex } = device;
  const attribute = async (path: string): Promise<string | undefined> => {
    try {
      return (await host.readFile(`/sys/class/net/${name}/${path}`)).trim();
    } catch (error) {
      if (error instanceof SourceError) {
        return undefined;
      }
      throw error;
    }
  };
  const [macAddress, addressKind, nameKind, type, uevent = '', master] = await Promise.all(
    ['address', 'addr_assign_type', 'name_assign_type', 'type', 'uevent', 'master/uevent'].map(
      attribute,
    ),
  );
  return {
    name,
    kernelName: isRenamed(device, nameKind) ? undefined : name,
    macAddress,
    permanentMacAddress: addressKind === permanentAddress ? macAddress : undefined,
    driver,
    busAddress,
    interfaceIndex,
    type:
      /^DEVTYPE=(.*)$/m.exec(uevent)?.[1] ??
      (type === undefined || type === ethernet ? 'ether' : `type ${type}`),
    master: /^INTERFACE=(.*)$/m.exec(master ?? '')?.[1],
  };
}

/** The kernel names hardware `eth0`; any other name was assigned. */
function isRenamed({ name, kind }: Device, nameKind: string | undefined): boolean {
  return (
    nameKind === renamed ||
    (nameKind === undefined && kind === 'physical' && !/^(?:eth|wlan)\d+$/.test(name))
  );
}

/** The names of a device's features, without groups. */
export function memberNames(features: readonly Feature[]): readonly string[] {
  const names = features.map(({ name }) => name);
  const groups = groupNames(names);
  return names.filter((name) => !groups.has(name));
}
