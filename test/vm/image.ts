import { existsSync } from 'node:fs';
import {
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';

import { cacheFolder, isUnpacked, unpackPackages } from './debian.ts';
import type { PackagesOptions, UnpackedPackages } from './debian.ts';
import { management, nics } from './nics.ts';

/** Kernels by version, with the Debian they are of. */
export const kernelSuites = {
  '5.10': 'bullseye',
  '6.1': 'bookworm',
  '6.12': 'trixie',
} as const;

export type Kernel = keyof typeof kernelSuites;

/** How QEMU is started. */
export interface Qemu {
  readonly command: readonly string[];
  /** Of the Debian package. */
  readonly version: string;
}

/** What QEMU boots. */
export interface Image {
  readonly kernelFile: string;
  readonly initramfs: string;
  /** Of the Debian package. */
  readonly kernelVersion: string;
}

/** Of what is unpacked for the guest, this is of no use to it. */
const unneeded = /^usr\/(?:share|include|lib\/(?:locale|systemd|x86_64-linux-gnu\/(?:perl|gconv)))/;

/**
 * Modules in the order they are loaded, with their parameters; a kernel may have them built in. With the message-signaled
 * interrupts of the 82574, e1000e never logs a hang.
 */
const modules: readonly string[] = [
  'virtio_pci',
  'virtio_blk',
  'crc32c_generic',
  'ext4',
  'virtio_net',
  'e1000e IntMode=0,0',
  'e1000',
  'vmxnet3',
  'igb',
  'af_packet',
  'vxlan',
  'geneve',
  'ipip',
  'ipvlan',
  '8021q',
  'veth',
  'sch_ingress',
  'cls_u32',
  'act_pedit',
];

const guestPackages: PackagesOptions = {
  name: 'guest',
  suite: 'trixie',
  packages: ['busybox-static', 'dash', 'e2fsprogs', 'ethtool', 'iproute2', 'libstdc++6'],
  withDependencies: true,
};

/** Of Debian 13: the first with the igb card. With its own C library, for nothing is installed. */
const qemuPackages: PackagesOptions = {
  name: 'qemu',
  suite: 'trixie',
  packages: ['qemu-system-x86', 'seabios'],
  withDependencies: true,
};

function kernelPackages(kernel: Kernel): PackagesOptions {
  return {
    name: `kernel-${kernel}`,
    suite: kernelSuites[kernel],
    packages: ['linux-image-amd64'],
    withDependencies: false,
  };
}

/** Downloads what a machine with this kernel consists of, once. @throws {Error} when that fails. */
export async function fetchPackages(kernel: Kernel): Promise<void> {
  for (const packages of [qemuPackages, guestPackages, kernelPackages(kernel)]) {
    await unpackPackages(packages);
  }
}

/** Why no machine with this kernel can be started; undefined when one can. */
export function downloadProblem(kernel: Kernel): string | undefined {
  return [qemuPackages, guestPackages, kernelPackages(kernel)].every(isUnpacked)
    ? undefined
    : `needs npm run test:vm -- --fetch --kernel=${kernel}`;
}

/** @throws {Error} when the download fails. */
export async function findQemu(): Promise<Qemu> {
  const { folder, versions } = await unpackPackages(qemuPackages);
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
  return {
    command: [
      join(libraries, 'ld-linux-x86-64.so.2'),
      '--library-path',
      libraries,
      join(folder, 'usr/bin/qemu-system-x86_64'),
      '-L',
      join(folder, 'usr/share/seabios'),
      '-L',
      join(folder, 'usr/share/qemu'),
    ],
    version: versions.get('qemu-system-x86') ?? '',
  };
}

/** Makes the initramfs of one kernel: Debian's tools, Node.js, the built agent, the modules. @throws {Error} when a download fails. */
export async function buildImage(kernel: Kernel): Promise<Image> {
  const guest = await unpackPackages(guestPackages);
  const kernelPackage = await unpackPackages(kernelPackages(kernel));
  const [name = ''] = kernelPackage.versions.keys();
  const release = name.replace('linux-image-', '');
  const folder = join(cacheFolder, `image-${kernel}`);
  const busybox = join(process.cwd(), guest.folder, 'usr/bin/busybox');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const base = await baseArchive(guest, busybox);
  const own = join(folder, 'own');
  await copyAgent(own);
  await copyModules({ kernelPackage, release, busybox, target: join(own, 'modules') });
  await archive(own, busybox, join(folder, 'own.cpio'));
  const initramfs = join(folder, 'initramfs.cpio');
  // The kernel unpacks one archive after the other.
  await execa('cat', [base, join(folder, 'own.cpio')], {
    stdout: { file: initramfs },
    buffer: false,
  });
  await rm(own, { recursive: true });
  const compressed = join(kernelPackage.folder, 'boot', `vmlinuz-${release}`);
  return {
    kernelFile: await decompressKernel(compressed, join(folder, 'vmlinux')),
    initramfs,
    kernelVersion: kernelPackage.versions.get(name) ?? '',
  };
}

/** What is the same for all kernels, kept for this version of Node.js. */
async function baseArchive(guest: UnpackedPackages, busybox: string): Promise<string> {
  const file = join(cacheFolder, `base-node-${process.version}.cpio`);
  if (!existsSync(file)) {
    const root = join(cacheFolder, 'base');
    await rm(root, { recursive: true, force: true });
    await cp(guest.folder, root, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !unneeded.test(path.slice(guest.folder.length + 1)),
    });
    for (const link of ['bin', 'sbin', 'lib', 'lib64']) {
      if (!existsSync(join(root, link))) {
        await symlink(`usr/${link}`, join(root, link));
      }
    }
    for (const empty of ['proc', 'sys', 'dev', 'run', 'tmp', 'state', 'applets', 'etc']) {
      await mkdir(join(root, empty), { recursive: true });
    }
    await copyFile(process.execPath, join(root, 'usr/bin/node'));
    await archive(root, busybox, `${file}.part`);
    await rename(`${file}.part`, file);
    await rm(root, { recursive: true });
  }
  return file;
}

async function copyAgent(target: string): Promise<void> {
  const guestFiles = join('test', 'vm', 'guest');
  await mkdir(join(target, 'www', 'cgi-bin'), { recursive: true });
  await mkdir(join(target, 'etc'));
  await copyFile(join(guestFiles, 'init'), join(target, 'init'));
  await copyFile(join(guestFiles, 'run'), join(target, 'www', 'cgi-bin', 'run'));
  await execa('node', ['scripts/runtime-files.mjs', join(target, 'agent')]);
  const lines = Object.values(nics).map(
    ({ mac, name, address, peer }) => `${mac} ${name} ${address}/24 ${peer}\n`,
  );
  lines.push(`${management.mac} ${management.name} ${management.address}/24\n`);
  await writeFile(join(target, 'etc', 'devices'), lines.join(''));
}

interface ModulesOptions {
  readonly kernelPackage: UnpackedPackages;
  readonly release: string;
  readonly busybox: string;
  readonly target: string;
}

/** Copies the modules and those they depend on, and the order they are loaded in. */
async function copyModules(options: ModulesOptions): Promise<void> {
  const { kernelPackage, release, busybox, target } = options;
  const { folder } = kernelPackage;
  const place = ['lib/modules', 'usr/lib/modules']
    .map((path) => join(folder, path, release))
    .find((path) => existsSync(path));
  if (place === undefined) {
    throw new Error(`expected modules of ${release} in ${folder}`);
  }
  const files = new Map(
    (await readdir(place, { recursive: true }))
      .filter((path) => /\.ko(?:\.xz)?$/.test(path))
      .map((path) => [moduleName(path), join(place, path)]),
  );
  const order = new Map<string, string>();
  const add = async (name: string, parameters = ''): Promise<void> => {
    const file = files.get(name);
    if (file === undefined || order.has(name)) {
      return;
    }
    const { stdout: bytes } = file.endsWith('.xz')
      ? await execa(busybox, ['xz', '-dc', file], {
          encoding: 'buffer',
          maxBuffer: 2 ** 26,
        })
      : { stdout: await readFile(file) };
    const [, depends = ''] =
      /\0depends=([^\0]*)\0/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
    for (const other of depends.split(',')) {
      await add(moduleName(other));
    }
    await writeFile(join(target, `${name}.ko`), bytes);
    order.set(name, parameters);
  };
  await mkdir(target);
  for (const line of modules) {
    const [name = '', parameters] = line.split(' ');
    await add(name, parameters);
  }
  const lines = [...order].map(([name, parameters]) => `${name} ${parameters}\n`);
  await writeFile(join(target, 'order'), lines.join(''));
}

/**
 * Decompresses a kernel, which would take much longer in the machine, and gives the path of the file to boot: QEMU boots the
 * ELF file inside through its entry for PVH. A kernel that is not compressed with xz is booted as it is.
 *
 * @see Documentation/arch/x86/boot.rst
 */
async function decompressKernel(file: string, target: string): Promise<string> {
  const image = await readFile(file);
  const start = (image.readUInt8(0x1f1) + 1) * 512 + image.readUInt32LE(0x248);
  // The length of the decompressed kernel follows, in four bytes.
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
  // The xz of busybox has no dictionary of this size.
  const { failed } = await execa('xz', ['-dc'], {
    input: payload,
    stdout: { file: target },
    buffer: false,
    reject: false,
  });
  return failed ? file : target;
}

/** The kernel takes `-` and `_` for the same. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(?:\.xz)?$/, '')
    .replaceAll('-', '_');
}

async function archive(root: string, busybox: string, file: string): Promise<void> {
  // Unlike readdir(), it does not follow links.
  const { stdout: paths } = await execa(busybox, ['find', '.'], { cwd: root });
  await execa(busybox, ['cpio', '-o', '-H', 'newc'], {
    cwd: root,
    input: `${paths}\n`,
    stdout: { file: join(process.cwd(), file) },
    buffer: false,
  });
}
