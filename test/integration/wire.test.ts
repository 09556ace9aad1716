import { readFileSync } from 'node:fs';
import process from 'node:process';

import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { builtAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import type { Exposition } from '../support/exposition.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';
import { tunnelPacket } from '../support/tunnel-packet.ts';
import type { TunnelPacketOptions } from '../support/tunnel-packet.ts';

const problem = namespaceProblem('perl', 'setpriv');
const vnetBytes = 10;
const waitOptions = { timeout: 15_000, interval: 300 };
const statusSchema: object = JSON.parse(
  readFileSync(new URL('../../docs/status.schema.json', import.meta.url), 'utf8'),
);
const receiver = '02:02:02:02:02:02';
const source = { device: 'veth0', source_address: '192.0.2.2' };

describe.skipIf(problem !== undefined)(
  `the collector wire in a namespace${skipNote(problem)}`,
  () => {
    let namespace: Namespace;
    let peer: Namespace;
    let agent: AgentProcess;

    beforeAll(async () => {
      namespace = await createNamespace();
      peer = await createNamespace();
      await addLink();
      agent = await startAgent({
        namespace,
        flags: ['--device.include=veth.*|port.*', '--collector.wire', '--collector.wire.rate=1000'],
      });
      // Until every packet is sampled, and the source is tracked.
      await vi.waitFor(
        async () => {
          await send({}, 1);
          const scrape = await agent.freshScrape();
          const isSampled = scrape.value('nic_wire_sampling_ratio', { device: 'veth0' }) === 1;
          if (!isSampled || scrape.value('nic_wire_checked_packets_total', source) === undefined) {
            throw new Error(`not every packet is sampled:\n${scrape.text}`);
          }
        },
        { timeout: 15_000, interval: 300 },
      );
    });

    afterAll(async () => {
      await agent?.stop();
      await namespace?.delete();
      await peer?.delete();
    });

    test.each([
      ['nothing', {}, 0, 0],
      ['jumbo frames', { payloadBytes: 8800 }, 0, 0],
      ['VLAN tags', { tags: [0x8100] }, 0, 0],
      ['two VLAN tags', { tags: [0x88a8, 0x8100] }, 0, 0],
      ['a wrong outer checksum', { outerChecksum: 'bad' }, 20, 0],
      ['a wrong inner checksum', { innerChecksum: 'bad' }, 0, 20],
      [
        'a wrong inner checksum and no outer one',
        { outerChecksum: 'none', innerChecksum: 'bad' },
        0,
        20,
      ],
      ['a wrong checksum in Geneve', { tunnel: 'geneve', outerChecksum: 'bad' }, 20, 0],
      ['a wrong checksum in IP in IP', { tunnel: 'ipip', innerChecksum: 'bad' }, 0, 20],
    ] satisfies [string, TunnelPacketOptions, number, number][])(
      'finds %s',
      async (_what, options, outer, inner) => {
        const before = await settled(0);
        await send(options, 20);
        const after = await settled(
          (before.value('nic_wire_checked_packets_total', source) ?? 0) + 20,
        );
        const increase = (layer: string): number =>
          (after.value('nic_wire_bad_packets_total', { ...source, layer }) ?? 0) -
          (before.value('nic_wire_bad_packets_total', { ...source, layer }) ?? 0);
        expect([increase('outer'), increase('inner')]).toEqual([outer, inner]);
      },
    );

    test('sees all packets of a drill, which the stack drops', async () => {
      const before = await settled(0);
      const said = await peer.run(process.execPath, [
        builtAgent(),
        'drill',
        'checksum',
        '--to=192.0.2.1',
      ]);
      expect(said).toBe('sent 200 packets with a wrong checksum to 192.0.2.1, UDP port 4789');
      const after = await settled(
        (before.value('nic_wire_checked_packets_total', source) ?? 0) + 200,
      );
      const increase = (name: string, labels: Readonly<Record<string, string>>): number =>
        (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
      expect(increase('nic_wire_bad_packets_total', { ...source, layer: 'outer' })).toBe(200);
      expect(increase('nic_stack_csum_errors_total', { protocol: 'udp' })).toBe(200);
      const { text } = await agent.fetch('/api/v1/status');
      const valid = new Ajv().compile(statusSchema);
      expect(valid(JSON.parse(text)), JSON.stringify(valid.errors)).toBe(true);
      expect(text).toContain('"wireSources":[{"device":"veth0","address":"192.0.2.2"');
    });

    test('goes on after its device was down, and renamed', async () => {
      await namespace.ip('link set veth0 down');
      await namespace.ip('link set veth0 name port0');
      await namespace.ip('link set port0 up');
      const renamed = { ...source, device: 'port0' };
      const checked = (scrape: Exposition): number =>
        scrape.value('nic_wire_checked_packets_total', renamed) ?? 0;
      const before = await agent.freshScrape();
      await vi.waitFor(async () => {
        await send({}, 5);
        expect(checked(await agent.freshScrape())).toBeGreaterThan(checked(before));
      }, waitOptions);
      expect((await agent.freshScrape()).value('nic_wire_up', { device: 'port0' })).toBe(1);
    });

    test('samples a device that took the place of one that was removed', async () => {
      await namespace.ip('link delete port0');
      await vi.waitFor(async () => {
        const scrape = await agent.freshScrape();
        expect(scrape.samples('nic_wire_up')).toEqual([]);
      }, waitOptions);
      await addLink();
      await vi.waitFor(async () => {
        await send({}, 5);
        const scrape = await agent.freshScrape();
        expect(scrape.value('nic_wire_checked_packets_total', source)).toBeGreaterThan(0);
      }, waitOptions);
      await namespace.ip('link set veth0 name port0');
    });

    test('says what it lacks without CAP_NET_RAW', async () => {
      await agent.stop();
      agent = await startAgent({
        namespace,
        flags: ['--device.include=port.*', '--collector.wire'],
        launcher: ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'],
      });
      const scrape = await agent.freshScrape();
      expect(scrape.value('nic_wire_up', { device: 'port0' })).toBe(0);
      expect(scrape.samples('nic_wire_samples_total')).toEqual([]);
      expect(agent.stderr().match(/capability CAP_NET_RAW/g)).toHaveLength(1);
    });

    async function addLink(): Promise<void> {
      await namespace.ip(
        `link add veth0 mtu 9000 address ${receiver} type veth peer veth1 mtu 9000`,
      );
      await namespace.ip(`link set veth1 netns ${peer.name}`);
      await namespace.ip('address add 192.0.2.1/24 dev veth0');
      await namespace.ip('link set veth0 up');
      await peer.ip('address add 192.0.2.2/24 dev veth1');
      await peer.ip('link set veth1 up');
    }

    async function send(options: TunnelPacketOptions, count: number): Promise<void> {
      const frame = tunnelPacket(options).subarray(vnetBytes);
      await peer.run(
        'perl',
        [new URL('../support/send-frames.pl', import.meta.url).pathname, 'veth1'],
        `${frame.toString('hex')}\n`.repeat(count),
      );
    }

    /** A scrape once so many packets of the source are checked. */
    async function settled(checked: number): Promise<Exposition> {
      return vi.waitFor(
        async () => {
          const scrape = await agent.freshScrape();
          expect(scrape.value('nic_wire_checked_packets_total', source)).toBeGreaterThanOrEqual(
            checked,
          );
          return scrape;
        },
        { timeout: 10_000, interval: 100 },
      );
    }
  },
);
