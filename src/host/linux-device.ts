import type { Device } from '../model/device.ts';
import { parseInteger } from '../parsers/number.ts';
import { createAttributes } from './attributes.ts';
import type { DescriptorBudget } from './descriptors.ts';
import type { EthtoolReads, NetworkDevice } from './host.ts';

/** The current identity of a device. The raw name may be invalid UTF-8, which a string cannot hold. */
export interface DeviceIdentity {
  readonly device: Device;
  readonly rawName: Buffer;
}

/** A handle with the methods of its owner. */
export interface LinuxDevice extends NetworkDevice {
  readonly rawName: Buffer;
  /** Updates the name or the lower devices. */
  change(identity: DeviceIdentity): void;
  /** Releases all resources: the device is gone. */
  close(): void;
}

/** Creates the driver reads of a device, which is addressed by its current name. */
export type OpenEthtool = (identity: () => DeviceIdentity) => EthtoolReads;

export interface LinuxDeviceOptions {
  /** Path of `/sys/class/net/`. */
  readonly directory: Buffer;
  readonly descriptors: DescriptorBudget;
  readonly openEthtool: OpenEthtool;
  /** See {@link NetworkDevice.generation}. */
  readonly generation: (interfaceIndex: number) => number | undefined;
}

/** Creates the handle of a device. */
export function createLinuxDevice(
  initial: DeviceIdentity,
  { directory, descriptors, openEthtool, generation }: LinuxDeviceOptions,
): LinuxDevice {
  let identity = initial;
  const { interfaceIndex } = initial.device;
  const attributes = createAttributes({
    directory: () => Buffer.concat([directory, identity.rawName]),
    descriptors,
    generation: () => generation(interfaceIndex),
  });
  const counter = async (name: string): Promise<number> =>
    parseInteger(await attributes.read(`statistics/${name}`));
  return {
    get name() {
      return identity.device.name;
    },
    get rawName() {
      return identity.rawName;
    },
    get kind() {
      return identity.device.kind;
    },
    get driver() {
      return identity.device.driver;
    },
    get busAddress() {
      return identity.device.busAddress;
    },
    get pciId() {
      return identity.device.pciId;
    },
    get hasUplink() {
      return identity.device.hasUplink;
    },
    get generation() {
      return generation(interfaceIndex);
    },
    interfaceIndex,
    attribute: attributes.readNow,
    attributeNames: attributes.list,
    readAttribute: attributes.read,
    packetCounters: async () => ({
      rxPackets: await counter('rx_packets'),
      txPackets: await counter('tx_packets'),
    }),
    transmitLosses: async () => (await counter('tx_errors')) + (await counter('tx_dropped')),
    ...openEthtool(() => identity),
    change: (next) => {
      identity = next;
    },
    close: attributes.close,
  };
}
