import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';

import { createNamespace, inNamespace } from '../test/support/netns.ts';
import type { Namespace } from '../test/support/netns.ts';
import { tunnelPacket } from '../test/support/tunnel-packet.ts';

/** A VXLAN through a pair of ports of its own, and what is sent through it. */
export interface TunnelKind {
  readonly name: string;
  /** MTU of the ports. */
  readonly mtu?: number;
  /** MTU of the tunnel; by default what fits into the ports. */
  readonly tunnelMtu?: number;
  readonly outer?: 4 | 6;
  readonly inner?: 4 | 6;
  readonly vxlan?: string;
  /** What `ethtool -K` changes on ports and tunnels; by default checksums are computed, and packets split, in software. */
  readonly features?: readonly string[];
  /** Protocol, bytes of a message, and messages per second. */
  readonly traffic: readonly (readonly ['tcp' | 'udp', number, number])[];
  /** Whether short frames, padded to the minimum length, are sent too. */
  readonly hasPadding?: true;
}

/** Two nodes; kind number N is the port `wireN` and the tunnel `vxlanN` of both. */
export interface WireLab {
  readonly receiver: Namespace;
  /** Sends the traffic of all kinds until the returned function is called, which throws if some could not be sent. */
  send(): () => Promise<void>;
  /** Sends frames through a device of the sender. */
  sendFrames(device: string, frames: readonly Buffer[]): Promise<void>;
  delete(): Promise<void>;
}

/** From the bundle of the benchmark. */
const trafficScript = new URL('../../bench/wire-traffic.pl', import.meta.url).pathname;
const frameScript = new URL('../../test/support/send-frames.pl', import.meta.url).pathname;
const inSoftware = ['tx', 'off', 'gso', 'off', 'gro', 'off'] as const;
const overheadBytes = { 4: 50, 6: 70 } as const;
const prefixBits = { 4: 24, 6: 64 } as const;

/** Makes two nodes with a tunnel of each kind. */
export async function createWireLab(kinds: readonly TunnelKind[]): Promise<WireLab> {
  const receiver = await createNamespace();
  const sender = await createNamespace();
  for (const [index, kind] of kinds.entries()) {
    const port = `wire${index} mtu ${kind.mtu ?? 1500}`;
    await receiver.ip(`link add ${port} type veth peer name ${port} netns ${sender.name}`);
    await addTunnel(receiver, { kind, index, node: 1 });
    await addTunnel(sender, { kind, index, node: 2 });
  }
  const sink = traffic(receiver, ['sink']);
  await Promise.race([once(sink.stdout, 'data'), sink]);
  const sendFrames: WireLab['sendFrames'] = async (device, frames) => {
    const lines = frames.map((frame) => `${frame.toString('hex')}\n`);
    await sender.run('perl', [frameScript, device], lines.join(''));
  };
  return {
    receiver,
    sendFrames,
    send: () => {
      const processes = kinds.flatMap((kind, index) =>
        kind.traffic.map(([protocol, ...amounts]) =>
          traffic(sender, [protocol, innerAddress(kind, index, 1), ...amounts.map(String)]),
        ),
      );
      const ending = new AbortController();
      const padded = [...kinds.entries()]
        .filter(([, { hasPadding }]) => hasPadding)
        .map(async ([index]) => {
          while (!ending.signal.aborted) {
            await sendFrames(`vxlan${index}`, paddedFrames(500));
            await setTimeout(1000);
          }
        });
      return async () => {
        ending.abort();
        for (const each of processes) {
          each.kill();
        }
        const failed = (await Promise.all(processes)).find(({ signal }) => signal !== 'SIGTERM');
        await Promise.all(padded);
        if (failed !== undefined) {
          throw new Error(`the traffic ended by itself: ${failed.stderr}`);
        }
      };
    },
    delete: async () => {
      sink.kill();
      await sink;
      await receiver.delete();
      await sender.delete();
    },
  };
}

interface TunnelEnd {
  readonly kind: TunnelKind;
  readonly index: number;
  readonly node: 1 | 2;
}

async function addTunnel(namespace: Namespace, { kind, index, node }: TunnelEnd): Promise<void> {
  const { outer = 4, inner = 4, vxlan = 'dstport 4789 udpcsum', features = inSoftware } = kind;
  const [port, tunnel] = [`wire${index}`, `vxlan${index}`];
  const mtu = kind.tunnelMtu ?? (kind.mtu ?? 1500) - overheadBytes[outer];
  const [local, remote] = [node, 3 - node].map((one) => outerAddress(kind, index, one));
  const ends = `local ${local} remote ${remote}`;
  const lines = [
    `address add ${local}/${prefixBits[outer]} dev ${port} nodad`,
    `link set ${port} up`,
    `link add ${tunnel} mtu ${mtu} type vxlan id ${index + 1} ${ends} ${vxlan}`,
    `address add ${innerAddress(kind, index, node)}/${prefixBits[inner]} dev ${tunnel} nodad`,
    `link set ${tunnel} up`,
    // Locked: what exceeds the MTU of the ports is fragmented there.
    ...(inner === 4 ? [`route replace 198.19.${index}.0/24 dev ${tunnel} mtu lock ${mtu}`] : []),
  ];
  await namespace.run('ip', ['-batch', '-'], lines.join('\n'));
  for (const device of [port, tunnel]) {
    await namespace.run('ethtool', ['-K', device, ...features]);
  }
}

function outerAddress({ outer = 4 }: TunnelKind, index: number, node: number): string {
  return outer === 4 ? `198.18.${index}.${node}` : `fd18:${index}::${node}`;
}

function innerAddress({ inner = 4 }: TunnelKind, index: number, node: number): string {
  return inner === 4 ? `198.19.${index}.${node}` : `fd19:${index}::${node}`;
}

/** What of a sample precedes the frame in a VXLAN. */
const headerBytes = 60;
const minFrameBytes = 60;

/** Frames of the minimum length, up to 17 bytes of which are padding. */
function paddedFrames(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const packet = tunnelPacket({ protocol: 'udp', payloadBytes: 1 + (index % 18) });
    const frame = packet.subarray(headerBytes);
    return Buffer.concat([frame, Buffer.alloc(minFrameBytes - frame.length, 0xa5)]);
  });
}

function traffic(namespace: Namespace, argv: readonly string[]) {
  return execa(...inNamespace(namespace.name, 'perl', [trafficScript, ...argv]), {
    stdin: 'ignore',
    reject: false,
  });
}
