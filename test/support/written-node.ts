import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { recordedPath } from './recordings.ts';

/** A NIC of a written node. Its features are those of a recorded device but for these. */
export interface WrittenNic {
  readonly name: string;
  readonly driver: string;
  readonly busAddress: string;
  readonly firmwareVersion: string;
  readonly speedMegabits: number;
  /** As udev's database names it. */
  readonly model: readonly [vendor: string, model: string];
  readonly macAddress: string;
  readonly master?: string;
  /** A VXLAN device that stands on it. */
  readonly tunnel?: string;
  /** Whose `ethtool -k` it has, below `test/hosts/`. */
  readonly featuresOf: string;
  readonly off?: readonly string[];
  readonly on?: readonly string[];
  readonly statistics?: Readonly<Record<string, number>>;
}

export interface WrittenNode {
  readonly name: string;
  readonly kernel: string;
  readonly bootSeconds: number;
  readonly files: Readonly<Record<string, string>>;
  readonly nics: readonly WrittenNic[];
}

/** Writes the files of a node that nobody recorded, in the form of `test/hosts/`, and gives the folder. */
export function writeNode({ name, kernel, bootSeconds, files, nics }: WrittenNode): string {
  const root = mkdtempSync(join(tmpdir(), 'nicwatch-node-'));
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  write('unreadable.txt', '');
  write('proc/stat', `cpu 1 2 3 4\nbtime ${bootSeconds}\n`);
  write('proc/sys/kernel/osrelease', `${kernel}\n`);
  write('proc/sys/kernel/random/boot_id', '11111111-2222-3333-4444-555555555555\n');
  write('proc/net/snmp', 'Tcp: InCsumErrors\nTcp: 0\nUdp: InCsumErrors\nUdp: 0\n');
  // Processes of the host are visible.
  write('proc/2/comm', 'kthreadd\n');
  write('etc/hostname', `${name}\n`);
  for (const [path, text] of Object.entries(files)) {
    write(path.slice(1), text, path.endsWith('.nmconnection') ? 0o600 : 0o644);
  }
  mkdirSync(join(root, 'sys/class/net'), { recursive: true });
  for (const [index, nic] of nics.entries()) {
    writeNic(nic, { root, index: index + 2, write });
  }
  return root;
}

/** Deletes it. */
export function deleteNode(root: string): void {
  rmSync(root, { recursive: true });
}

interface WriteOptions {
  readonly root: string;
  readonly index: number;
  readonly write: (path: string, text: string) => void;
}

function writeNic(nic: WrittenNic, { root, index, write }: WriteOptions): void {
  const { name, driver, busAddress, firmwareVersion, macAddress, model, master, tunnel } = nic;
  const pci = `sys/devices/pci0000:00/${busAddress}`;
  const net = `${pci}/net/${name}`;
  const attributes: Readonly<Record<string, string>> = {
    address: macAddress,
    addr_assign_type: '0',
    carrier: '1',
    carrier_changes: '2',
    flags: '0x1003',
    ifindex: String(index),
    name_assign_type: '4',
    operstate: 'up',
    speed: String(nic.speedMegabits),
    type: '1',
    uevent: `INTERFACE=${name}\nIFINDEX=${index}`,
    'queues/tx-0/tx_timeout': '0',
    'statistics/rx_packets': '123456',
    'statistics/tx_packets': '234567',
  };
  for (const [path, text] of Object.entries(attributes)) {
    write(`${net}/${path}`, `${text}\n`);
  }
  symlinkSync(`../../../${busAddress}`, join(root, net, 'device'));
  symlinkSync(`../../../bus/pci/drivers/${driver}`, join(root, pci, 'driver'));
  mkdirSync(join(root, `sys/bus/pci/drivers/${driver}`), { recursive: true });
  symlinkSync(
    `../../devices/pci0000:00/${busAddress}/net/${name}`,
    join(root, 'sys/class/net', name),
  );
  if (master !== undefined) {
    virtual(master, 'bridge', { root, index: index + 100, write });
    symlinkSync(`../../../../virtual/net/${master}`, join(root, net, 'master'));
  }
  if (tunnel !== undefined) {
    virtual(tunnel, 'vxlan', { root, index: index + 200, write });
    symlinkSync(`../../../../virtual/net/${tunnel}`, join(root, net, `upper_${tunnel}`));
    symlinkSync(
      `../../../pci0000:00/${busAddress}/net/${name}`,
      join(root, `sys/devices/virtual/net/${tunnel}/lower_${name}`),
    );
  }
  write(
    `run/udev/data/n${index}`,
    `E:ID_VENDOR_FROM_DATABASE=${model[0]}\nE:ID_MODEL_FROM_DATABASE=${model[1]}\n`,
  );
  write(
    `ethtool/i.${name}.txt`,
    `driver: ${driver}\nversion: 6\nfirmware-version: ${firmwareVersion}\nbus-info: ${busAddress}\n`,
  );
  write(`ethtool/S.${name}.txt`, statisticsText(nic.statistics ?? {}));
  write(`ethtool/k.${name}.txt`, featuresText(nic));
}

function virtual(name: string, kind: string, { root, index, write }: WriteOptions): void {
  const path = `sys/devices/virtual/net/${name}`;
  for (const [file, text] of Object.entries({
    ifindex: String(index),
    flags: '0x1003',
    carrier: '1',
    carrier_changes: '1',
    type: '1',
    name_assign_type: '3',
    uevent: `DEVTYPE=${kind}\nINTERFACE=${name}\nIFINDEX=${index}`,
    'queues/tx-0/tx_timeout': '0',
    'statistics/rx_packets': '1',
    'statistics/tx_packets': '1',
  })) {
    write(`${path}/${file}`, `${text}\n`);
  }
  write(`ethtool/i.${name}.txt`, `driver: ${kind}\nversion: 1\nfirmware-version: \nbus-info: \n`);
  write(`ethtool/S.${name}.txt`, 'no stats available\n(exit 94)\n');
  write(`ethtool/k.${name}.txt`, `Features for ${name}:\ntx-checksum-ip-generic: on\n`);
  symlinkSync(`../../devices/virtual/net/${name}`, join(root, 'sys/class/net', name));
}

function statisticsText(statistics: Readonly<Record<string, number>>): string {
  const rows = Object.entries(statistics).map(([name, value]) => `     ${name}: ${value}\n`);
  return rows.length === 0
    ? 'no stats available\n(exit 94)\n'
    : `NIC statistics:\n${rows.join('')}`;
}

function featuresText({ name, featuresOf, off = [], on = [] }: WrittenNic): string {
  const text = readFileSync(recordedPath(featuresOf), 'utf8');
  return switched(switched(text, off, 'off'), on, 'on').replace(
    /^Features for .*/,
    `Features for ${name}:`,
  );
}

function switched(current: string, names: readonly string[], state: string): string {
  return names.reduce(
    (all, feature) =>
      all.replace(new RegExp(`^(\t?${feature}): (?:on|off).*$`, 'm'), `$1: ${state}`),
    current,
  );
}
