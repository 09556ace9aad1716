import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';

import { freePort } from '../support/agent-process.ts';
import { parseExposition } from '../support/exposition.ts';
import type { Exposition } from '../support/exposition.ts';
import { cacheFolder } from './debian.ts';
import type { Image, Qemu } from './image.ts';
import { management, nics } from './nics.ts';
import type { Nic } from './nics.ts';

/** A guest that runs. */
export interface Machine {
  /** Runs a shell script in the guest and gives what it printed. @throws {Error} when it fails. */
  run(script: string): Promise<string>;
  /** The page at a path of the agent; undefined while it does not answer. */
  fetch(path: string): Promise<string | undefined>;
  /** @throws {Error} when the agent does not answer. */
  scrape(): Promise<Exposition>;
  /** Address of the agent on the host, such as `127.0.0.1:40001`. */
  readonly agentAddress: string;
  /** Gives QEMU a command of its monitor. */
  monitor(command: string): void;
  /** Sends Ethernet frames to a card, so many between pauses. */
  send(nic: Nic, frames: readonly Buffer[], burst?: number): Promise<void>;
  /** As if its power were cut: kills it. */
  cutPower(): Promise<void>;
}

export interface MachineOptions {
  readonly image: Image;
  readonly qemu: Qemu;
  /** Keeps what the guest writes to /state, when it is booted again. */
  readonly folder: string;
  readonly timeLimitSeconds: number;
}

const machineArguments = [
  '-M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024',
  '-nodefaults -vga none -display none -no-reboot -monitor stdio',
  '-device pcie-root-port,id=bay,chassis=1',
].flatMap((line) => line.split(' '));
/** Registers are written through /dev/mem; a kernel that writes its log to a slow console counts what it logs late. */
const kernelArguments = 'console=ttyS0 loglevel=1 panic=-1 iomem=relaxed log_buf_len=1M';
const agentPort = 9100;
/** Generous, for a machine that is busy with something else. */
const bootDeadlineMilliseconds = 300_000;
const fetchMilliseconds = 60_000;
const runMilliseconds = 180_000;
/** So few frames at once, and then a pause, overflow neither the buffer of a socket nor the ring of a card. */
const gentleBurst = 16;
const burstMilliseconds = 10;
const stateBytes = 64 * 2 ** 20;

/** Makes the folder of a machine, with an empty disk. It is removed when this process exits. */
export function createMachineFolder(): string {
  const folder = mkdtempSync(join(cacheFolder, 'machine-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'state.img'), '');
  truncateSync(join(folder, 'state.img'), stateBytes);
  return folder;
}

/** Boots a machine and waits until it takes commands. @throws {Error} with what its console says. */
export async function bootMachine(options: MachineOptions): Promise<Machine> {
  const { image, qemu, folder, timeLimitSeconds } = options;
  const [httpPort, controlPort] = [await freePort(), await freePort()];
  const ports = new Map<Nic, number>();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  for (const nic of Object.values(nics)) {
    ports.set(nic, await freeDatagramPort());
  }
  const consoleFile = join(folder, 'console.log');
  const argv = [
    ...qemu.command,
    ...machineArguments,
    '-kernel',
    image.kernelFile,
    '-initrd',
    image.initramfs,
    '-append',
    kernelArguments,
    '-serial',
    `file:${consoleFile}`,
    '-drive',
    `file=${join(folder, 'state.img')},format=raw,if=virtio`,
    '-netdev',
    `user,id=management,restrict=on,hostfwd=tcp:127.0.0.1:${httpPort}-:${agentPort},hostfwd=tcp:127.0.0.1:${controlPort}-:80`,
    '-device',
    `virtio-net-pci,netdev=management,mac=${management.mac},romfile=`,
    ...[...ports].flatMap(([nic, port]) => [
      '-netdev',
      `dgram,id=${nic.name},local.type=inet,local.host=127.0.0.1,local.port=${port},remote.type=inet,remote.host=127.0.0.1,remote.port=${socket.address().port}`,
      '-device',
      deviceOptions(nic),
    ]),
  ];
  // Ended with this process, however that ends.
  const subprocess = execa('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    stdin: 'pipe',
    reject: false,
    all: true,
    timeout: timeLimitSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  let hasEnded = false;
  void subprocess.then(() => {
    hasEnded = true;
    socket.close();
  });
  const fetchPage = async (path: string): Promise<string | undefined> =>
    fetchText(`http://127.0.0.1:${httpPort}${path}`);
  const machine: Machine = {
    run: async (script) => {
      const answer = await fetchText(`http://127.0.0.1:${controlPort}/cgi-bin/run`, script);
      const end = answer?.lastIndexOf('\n') ?? -1;
      if (answer === undefined || answer.slice(end + 1) !== '0') {
        throw new Error(
          `the guest could not run ${JSON.stringify(script)}: ${answer ?? 'no answer'}`,
        );
      }
      return answer.slice(0, end);
    },
    fetch: fetchPage,
    scrape: async () => {
      const page = await fetchPage('/metrics');
      if (page === undefined) {
        throw new Error('the agent in the guest does not answer');
      }
      return parseExposition(page);
    },
    agentAddress: `127.0.0.1:${httpPort}`,
    monitor: (command) => {
      subprocess.stdin.write(`${command}\n`);
    },
    send: async (nic, frames, burst = gentleBurst) => {
      for (const [index, frame] of frames.entries()) {
        socket.send(frame, ports.get(nic) ?? 0, '127.0.0.1');
        if (index % burst === burst - 1) {
          await setTimeout(burstMilliseconds);
        }
      }
    },
    cutPower: async () => {
      subprocess.kill('SIGKILL');
      await subprocess;
    },
  };
  const deadline = performance.now() + bootDeadlineMilliseconds;
  while ((await fetchText(`http://127.0.0.1:${controlPort}/cgi-bin/run`, 'true')) === undefined) {
    if (hasEnded || performance.now() > deadline) {
      await machine.cutPower();
      const { all } = await subprocess;
      throw new Error(`the guest does not boot: ${all}\n${await readFile(consoleFile, 'utf8')}`);
    }
    await setTimeout(100);
  }
  return machine;
}

/** What `-device` and `device_add` take. */
export function deviceOptions(nic: Nic): string {
  const bus = nic === nics.plug0 ? ',bus=bay' : '';
  return `${nic.model},id=${nic.name}-card,netdev=${nic.name},mac=${nic.mac},romfile=${bus}`;
}

/** Posts a text, if there is one. Undefined without a whole answer. */
async function fetchText(url: string, body?: string): Promise<string | undefined> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const signal = AbortSignal.timeout(body === undefined ? fetchMilliseconds : runMilliseconds);
      // On a new connection: those of a guest that is gone are of no use.
      request(url, { method: body === undefined ? 'GET' : 'POST', agent: false, signal }, resolve)
        .on('error', reject)
        .end(body);
    });
    const answer = await text(response);
    return response.statusCode === 200 ? answer : undefined;
  } catch {
    return undefined;
  }
}

async function freeDatagramPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
