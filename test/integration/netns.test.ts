import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';
import { tunnelPacket } from '../support/tunnel-packet.ts';

const problem = namespaceProblem('perl');
const vnetBytes = 10;

describe.skipIf(problem !== undefined)(
  `the collector netns${skipNote(problem)}`,
  () => {
    let agentNamespace: Namespace;
    let peer: Namespace;
    let agent: AgentProcess;

    beforeAll(async () => {
      agentNamespace = await createNamespace();
      peer = await createNamespace();
      agent = await startAgent({
        namespace: agentNamespace,
        flags: ['--collector.netns', '--poll.interval=1s'],
      });
    });

    afterAll(async () => {
      await agent?.stop();
      await agentNamespace?.delete();
      await peer?.delete();
    });

    test('counts what pods drop, also when they end', async () => {
      const before = await counted();
      const first = await startPod('10');
      await first.receiveBad(7);
      await vi.waitFor(async () => expect(await counted()).toBe(before + 7), { timeout: 15_000 });
      const second = await startPod('11');
      await first.end();
      await second.receiveBad(5);
      await vi.waitFor(async () => expect(await counted()).toBe(before + 12), { timeout: 15_000 });
      await second.end();
      await setTimeout(5000);
      expect(await counted()).toBe(before + 12);
    });

    async function counted(): Promise<number> {
      return vi.waitFor(
        async () => {
          const value = (await agent.freshScrape()).value('nic_netns_csum_errors_total', {
            protocol: 'udp',
          });
          if (value === undefined) {
            throw new Error('no scan has ended yet');
          }
          return value;
        },
        { timeout: 10_000 },
      );
    }

    /** A namespace with a process in it, which the agent has seen. */
    async function startPod(id: string) {
      const pod = await createNamespace();
      await peer.ip(
        `link add pod${id} type veth peer eth0 netns ${pod.name} address 02:02:02:02:02:02`,
      );
      await peer.ip(`link set pod${id} up`);
      await pod.ip('address add 192.0.2.1/24 dev eth0');
      await pod.ip('link set eth0 up');
      const process = execa('ip', ['netns', 'exec', pod.name, 'sleep', '60'], { reject: false });
      // A scan comes every four seconds.
      await setTimeout(6000);
      return {
        receiveBad: async (count: number): Promise<void> => {
          const frame = tunnelPacket({ outerChecksum: 'bad' }).subarray(vnetBytes);
          await peer.run(
            'perl',
            [new URL('../support/send-frames.pl', import.meta.url).pathname, `pod${id}`],
            `${frame.toString('hex')}\n`.repeat(count),
          );
        },
        end: async (): Promise<void> => {
          process.kill();
          await process;
          await pod.delete();
        },
      };
    }
  },
  60_000,
);
