/** What a network device is, as far as it decides whether nicwatch watches it. */
export type DeviceKind = 'physical' | 'vxlan' | 'geneve' | 'bond' | 'bridge' | 'vlan' | 'virtual';

/** One network device of the host, as sysfs shows it. */
export interface Device {
  /** Interface name as a label can carry it: bytes that are not UTF-8 are replaced. */
  readonly name: string;
  readonly kind: DeviceKind;
  /** Kernel module behind a physical device, link kind of a virtual one where sysfs tells it. */
  readonly driver: string | undefined;
  /** Name on the parent bus as the kernel log prints it: `0000:00:1f.6`, `virtio2`, `2-1.2:1.0`. */
  readonly busAddress: string | undefined;
  /** Vendor and device ID of a PCI device as lspci -n prints them, `8086:1572`; undefined for any other. */
  readonly pciId: string | undefined;
  readonly interfaceIndex: number;
  /** Whether the device is, or is stacked upon, a physical one. */
  readonly hasUplink: boolean;
}
