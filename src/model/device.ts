/** Kind of a network device; decides whether nicwatch watches it. */
export type DeviceKind = 'physical' | 'vxlan' | 'geneve' | 'bond' | 'bridge' | 'vlan' | 'virtual';

/** One network device of the host, as sysfs shows it. */
export interface Device {
  /** Interface name as a label can carry it: bytes that are not UTF-8 are replaced. */
  readonly name: string;
  readonly kind: DeviceKind;
  /** Kernel module of a physical device, link kind of a virtual one where sysfs reports it. */
  readonly driver: string | undefined;
  /** Name on the parent bus as the kernel log prints it: `0000:00:1f.6`, `virtio2`, `2-1.2:1.0`. */
  readonly busAddress: string | undefined;
  /** Vendor and device ID of a PCI device as lspci -n prints them, `8086:1572`; undefined for any other. */
  readonly pciId: string | undefined;
  readonly interfaceIndex: number;
  /** Whether the device is, or is stacked on, a physical one. */
  readonly hasUplink: boolean;
}

/** Identity of a device's driver, from ETHTOOL_GDRVINFO. Fields the driver leaves blank are undefined. */
export interface DriverInfo {
  readonly driver: string | undefined;
  readonly version: string | undefined;
  readonly firmwareVersion: string | undefined;
  readonly busAddress: string | undefined;
}

/** One offload feature, or a group of them such as `tcp-segmentation-offload`, under the name `ethtool -k` prints. */
export interface Feature {
  readonly name: string;
  readonly enabled: boolean;
  /** The requested state; differs from `enabled` while a dependency prevents the feature. */
  readonly requested: boolean;
  /** The driver does not allow changes. Never true for a group of several features. */
  readonly fixed: boolean;
}

/** Packets received and transmitted by a device. */
export interface PacketCounters {
  readonly rxPackets: number;
  readonly txPackets: number;
}

/** One driver statistic. */
export interface Statistic {
  /** As the driver spells it, leading and trailing spaces included. */
  readonly name: string;
  /** Unsigned 64 bit. */
  readonly value: bigint;
}

/** All statistics of a device in its driver's order. Names repeat on some drivers, so they are lists, never a map. */
export interface Statistics {
  /** The same array until the names change. */
  readonly names: readonly string[];
  /** One for each name. */
  readonly values: BigUint64Array;
}
