import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A sysfs of files. */
export interface FakeSysfs {
  /** For `--path.sysfs`. */
  readonly path: string;
  delete(): void;
}

/** A disk takes half a minute for some ten thousand files. */
const memory = '/dev/shm';

/** What every device has, by its path in the device's directory. */
const attributes: Readonly<Record<string, string>> = {
  flags: '0x1003\n',
  carrier: '1\n',
  carrier_changes: '2\n',
  speed: '1000\n',
  uevent: '',
  'statistics/rx_packets': '7\n',
  'statistics/tx_packets': '9\n',
};
const queueAttributes: Readonly<Record<string, string>> = {
  tx_timeout: '0\n',
  'byte_queue_limits/limit': '1\n',
  'byte_queue_limits/inflight': '0\n',
};

/** Makes a sysfs of physical devices `fake0`, `fake1`, ..., each with the same attributes and so many transmit queues. */
export function createFakeSysfs(devices: number, queues: number): FakeSysfs {
  const path = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'nicwatch-sysfs-'));
  const shared = join(path, 'shared');
  const write = (name: string, content: string): void => {
    mkdirSync(join(shared, name, '..'), { recursive: true });
    writeFileSync(join(shared, name), content);
  };
  for (const [name, content] of Object.entries(attributes)) {
    write(name, content);
  }
  for (let queue = 0; queue < queues; queue += 1) {
    for (const [name, content] of Object.entries(queueAttributes)) {
      write(`queues/tx-${queue}/${name}`, content);
    }
  }
  write('device/driver/name', 'fake\n');
  const names = new Set(
    [...Object.keys(attributes), 'queues', 'device'].map((name) => name.replace(/\/.*/, '')),
  );
  mkdirSync(join(path, 'class/net'), { recursive: true });
  for (let index = 0; index < devices; index += 1) {
    const directory = join(path, 'class/net', `fake${index}`);
    mkdirSync(directory);
    writeFileSync(join(directory, 'ifindex'), `${index + 2}\n`);
    for (const name of names) {
      symlinkSync(`../../../shared/${name}`, join(directory, name));
    }
  }
  return {
    path,
    delete: () => {
      rmSync(path, { recursive: true });
    },
  };
}
