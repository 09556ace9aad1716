import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';

import { builtAgent } from './agent-process.ts';
import { createNamespace, inNamespace } from './netns.ts';
import type { Namespace } from './netns.ts';

/** What happens to the packets a node sends, in percent. */
interface LabFault {
  /** Of the frames of 1,000 bytes and more: one bit is flipped. */
  readonly corrupt?: number;
  /** Of all frames: they are lost. */
  readonly lose?: number;
}

/** A namespace that is a node of a cluster. */
export interface LabNode {
  readonly namespace: Namespace;
  readonly name: string;
  /** In the VXLAN. */
  readonly address: string;
}

/** A process of the lab. */
export interface LabProcess {
  readonly pid: number | undefined;
  stderr(): string;
  /** Sends a signal and waits until it has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Nodes that reach each other over VXLAN. Their stack computes all checksums, none is left to devices that have none. */
export interface ProbeLab {
  readonly nodes: readonly LabNode[];
  readonly secretFile: string;
  /** Changes what happens to what a node sends; undefined is nothing. */
  setFault(node: number, fault: LabFault | undefined): Promise<void>;
  /** Starts `nicwatch probe serve` on a node. */
  serve(node: number, flags?: readonly string[]): Promise<LabProcess>;
  /** Starts `nicwatch probe mesh` on a node; it finds all nodes of the lab unless the flags name others. */
  mesh(node: number, flags?: readonly string[]): Promise<LabProcess>;
  /** The command that runs `nicwatch probe run` on a node, to others. */
  probeCommand(
    node: number,
    peers: readonly number[],
    flags?: readonly string[],
  ): readonly [file: string, argv: readonly string[]];
  /** Ends all processes and removes everything. */
  delete(): Promise<void>;
}

/** Also from the bundle of a benchmark. */
const relayScript = new URL('../../test/support/relay-frames.pl', import.meta.url).pathname;

/** Makes a cluster of so many nodes, `node-1` and so on. */
export async function createProbeLab(count: number): Promise<ProbeLab> {
  const fabric = await createNamespace();
  await fabric.ip('link add br0 type bridge');
  await fabric.ip('link set br0 up');
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-probe-'));
  const secretFile = join(directory, 'secret');
  writeFileSync(secretFile, 'a secret for the tests of probes\n', { mode: 0o600 });
  const nodes: LabNode[] = [];
  for (let index = 0; index < count; index += 1) {
    nodes.push(await addNode(fabric, index));
  }
  const relays = new Map<number, LabProcess>();
  const running = new Set<LabProcess>();
  const start = async (...command: readonly [string | undefined, string, readonly string[]]) => {
    const started = await startProcess(...command);
    running.add(started);
    return started;
  };
  const nodeAt = (index: number): LabNode => {
    const node = nodes[index];
    if (node === undefined) {
      throw new Error(`there is no node ${index}`);
    }
    return node;
  };
  return {
    nodes,
    secretFile,
    setFault: async (index, fault) => {
      await relays.get(index)?.end();
      relays.delete(index);
      if (fault === undefined) {
        await fabric.ip(`link set node${index} master br0`);
        return;
      }
      const { corrupt = 0, lose = 0 } = fault;
      await fabric.ip(`link set node${index} nomaster`);
      const devices = [`node${index}`, `relay${index}`];
      relays.set(
        index,
        await start(fabric.name, 'perl', [relayScript, ...devices, String(corrupt), String(lose)]),
      );
    },
    serve: async (index, flags = []) => {
      const { namespace, name, address } = nodeAt(index);
      return start(namespace.name, process.execPath, [
        builtAgent(),
        'probe',
        'serve',
        `--listen-address=${address}:10141`,
        `--secret-file=${secretFile}`,
        `--node-name=${name}`,
        ...flags,
      ]);
    },
    mesh: async (index, flags = []) => {
      const { namespace, name, address } = nodeAt(index);
      const isElsewhere = flags.some((one) => one.startsWith('--peer='));
      return start(namespace.name, process.execPath, [
        builtAgent(),
        'probe',
        'mesh',
        ...(isElsewhere ? [] : nodes.map((node) => `--peer=${node.address}`)),
        `--listen-address=${address}:10141`,
        `--secret-file=${secretFile}`,
        `--node-name=${name}`,
        ...flags,
      ]);
    },
    probeCommand: (index, peers, flags = []) => {
      const { namespace, name } = nodeAt(index);
      return inNamespace(namespace.name, process.execPath, [
        builtAgent(),
        'probe',
        'run',
        ...peers.map((peer) => `--to=${nodeAt(peer).address}`),
        `--secret-file=${secretFile}`,
        `--node-name=${name}`,
        ...flags,
      ]);
    },
    delete: async () => {
      await Promise.all([...running].map(async (one) => one.end('SIGKILL')));
      for (const { name } of [fabric, ...nodes.map(({ namespace }) => namespace)]) {
        await execa('ip', ['netns', 'delete', name]);
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function addNode(fabric: Namespace, index: number): Promise<LabNode> {
  const namespace = await createNamespace();
  const address = `192.0.2.${index + 1}`;
  await fabric.ip(`link add node${index} type veth peer underlay0 netns ${namespace.name}`);
  // What a relay writes to the one comes out of the other.
  await fabric.ip(`link add relay${index} type veth peer port${index}`);
  for (const device of [`node${index}`, `port${index}`]) {
    await fabric.ip(`link set ${device} master br0`);
  }
  for (const device of [`node${index}`, `relay${index}`, `port${index}`]) {
    await fabric.ip(`link set ${device} up`);
  }
  await namespace.ip(`address add 198.51.100.${index + 1}/24 dev underlay0`);
  await namespace.ip('link set underlay0 up');
  await namespace.ip('link add vxlan0 type vxlan id 42 dstport 4789 group 239.1.1.1 dev underlay0');
  await namespace.ip(`address add ${address}/24 dev vxlan0`);
  await namespace.ip('link set vxlan0 up');
  for (const device of ['underlay0', 'vxlan0']) {
    await namespace.run('ethtool', ['-K', device, 'tx', 'off', 'gso', 'off', 'gro', 'off']);
  }
  return { namespace, name: `node-${index + 1}`, address };
}

/** Starts a process and waits for what it says first. */
async function startProcess(
  namespace: string | undefined,
  file: string,
  argv: readonly string[],
): Promise<LabProcess> {
  const subprocess = execa(...inNamespace(namespace, file, argv), {
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
  });
  let said = '';
  subprocess.all.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await Promise.race([once(subprocess.all, 'data'), subprocess]);
  return {
    pid: subprocess.pid,
    stderr: () => said,
    end: async (signal = 'SIGTERM') => {
      subprocess.kill(signal);
      await subprocess;
    },
  };
}
