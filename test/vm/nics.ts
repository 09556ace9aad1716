/** A network card of the guest. */
export interface Nic {
  readonly name: string;
  readonly driver: string;
  /** Model, as QEMU calls it. */
  readonly model: string;
  readonly mac: string;
  readonly address: string;
  /** Who packets are sent to, and who never answers. */
  readonly peer: string;
}

type NicName = 'eno1' | 'ens3' | 'ens192' | 'ens5' | 'enp6s0' | 'plug0';

/** Cards whose other end is this program: raw Ethernet frames in UDP datagrams. */
export const nics: Readonly<Record<NicName, Nic>> = {
  eno1: nic(2, { name: 'eno1', driver: 'e1000e', model: 'e1000e' }),
  ens3: nic(3, { name: 'ens3', driver: 'e1000', model: 'e1000' }),
  ens192: nic(4, { name: 'ens192', driver: 'vmxnet3', model: 'vmxnet3' }),
  ens5: nic(5, { name: 'ens5', driver: 'virtio_net', model: 'virtio-net-pci' }),
  enp6s0: nic(6, { name: 'enp6s0', driver: 'igb', model: 'igb' }),
  /** In a slot of its own, to be removed and added. */
  plug0: nic(7, { name: 'plug0', driver: 'e1000e', model: 'e1000e' }),
};

/** The card that the agent is scraped through. */
export const management = {
  name: 'mgmt0',
  mac: '52:54:00:00:00:01',
  address: '10.0.2.15',
} as const;

function nic(number: number, card: Pick<Nic, 'name' | 'driver' | 'model'>): Nic {
  return {
    ...card,
    mac: `52:54:00:00:00:0${number}`,
    address: `10.1.${number}.1`,
    peer: `10.1.${number}.2`,
  };
}
