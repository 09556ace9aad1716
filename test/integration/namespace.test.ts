import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import type { ExposedSample, Exposition } from '../support/exposition.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { checkMetrics } from '../support/promtool.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';
import { vxlanFrame } from '../support/vxlan-frame.ts';

const problem = namespaceProblem('ethtool', 'perl');
const promtoolProblem = commandProblem('promtool');
const vxlanPort = 4789;
const receiver = { address: '192.0.2.1', mac: '02:00:00:00:00:01' };
const sender = { address: '192.0.2.2', mac: '02:00:00:00:00:02' };
const vxlan = { vni: 42, mac: '02:00:00:00:00:42' };

describe.skipIf(problem !== undefined)(`an agent in a namespace${skipNote(problem)}`, () => {
  let namespace: Namespace;
  let peer: Namespace;
  let agent: AgentProcess;

  beforeAll(async () => {
    namespace = await createNamespace();
    peer = await createNamespace();
    await namespace.ip(`link add veth0 address ${receiver.mac} type veth peer veth1`);
    await namespace.ip(`link set veth1 netns ${peer.name} address ${sender.mac}`);
    await namespace.ip(`address add ${receiver.address}/24 dev veth0`);
    await namespace.ip('link set veth0 up');
    await peer.ip('link set veth1 up');
    for (const [name, vni, mac] of [
      ['vx0', vxlan.vni, vxlan.mac],
      ['vx1', vxlan.vni + 1, '02:00:00:00:00:43'],
    ] as const) {
      await namespace.ip(
        `link add ${name} address ${mac} type vxlan id ${vni} dstport ${vxlanPort} local ${receiver.address}`,
      );
      await namespace.ip(`link set ${name} up`);
    }
    agent = await startAgent({ namespace, flags: ['--device.include=[^l].*'] });
  });

  afterAll(async () => {
    await agent?.stop();
    await namespace?.delete();
    await peer?.delete();
  });

  test('exports offloads disabled by ethtool -K, and their requested state', async () => {
    const before = await quietScrape();
    expect(offload(before, 'vx0', 'tx-checksumming')).toBe(1);
    expect(before.samples('nic_offload_requested', { device: 'vx0' })).toEqual([]);

    await namespace.run('ethtool', ['-K', 'vx0', 'tx', 'off']);
    const after = await quietScrape();

    expect(offload(after, 'vx0', 'tx-checksumming')).toBe(0);
    expect(offload(after, 'vx1', 'tx-checksumming')).toBe(1);
    const requested = [
      ...(await namespace.run('ethtool', ['-k', 'vx0'])).matchAll(
        /^\t?(.*): off \[requested on\]$/gm,
      ),
    ].map(([, feature = '']) => feature);
    expect(requested).toContain('tx-tcp-segmentation');
    // ethtool prints every feature, nicwatch exports the curated ones.
    expect(
      labelValues(after.samples('nic_offload_requested', { device: 'vx0' }), 'feature'),
    ).toEqual(
      requested.filter((feature) => offload(after, 'vx0', feature) !== undefined).toSorted(),
    );
    expect(
      after.value('nic_offload_requested', { device: 'vx0', feature: 'tx-tcp-segmentation' }),
    ).toBe(1);
    expect(after.samples('nic_offload_requested', { device: 'vx1' })).toEqual([]);
  });

  test('exports whether each feature is on and fixed as ethtool -k prints it', async () => {
    // All members of its group scatter-gather are fixed; the group is not.
    await namespace.ip('link add mv0 link veth0 type macvlan');
    try {
      const scrape = await quietScrape();
      for (const device of ['mv0', 'veth0', 'vx0']) {
        const lines = (await namespace.run('ethtool', ['-k', device])).split('\n');
        const printed = lines.map((line) => line.trim().replace(/ \[requested \w+\]$/, ''));
        const exported = scrape
          .samples('nic_offload_enabled', { device })
          .map(({ labels, value }) => {
            const suffix = labels.get('fixed') === 'true' ? ' [fixed]' : '';
            return `${labels.get('feature')}: ${value === 1 ? 'on' : 'off'}${suffix}`;
          });
        expect(exported.length).toBeGreaterThan(10);
        expect(printed).toEqual(expect.arrayContaining(exported));
      }
    } finally {
      await namespace.ip('link delete mv0');
    }
  });

  test('counts each VXLAN packet with a wrong outer checksum once', async () => {
    const before = await quietScrape();
    const wrong = { name: 'nic_stack_csum_errors_total', labels: { protocol: 'udp' } };
    const received = { name: 'nic_rx_packets_total', labels: { device: 'vx0' } };
    await sendVxlan(7, false);
    const afterBad = await scrapeAfterIncrease(wrong, before);
    await sendVxlan(5, true);
    const afterGood = await scrapeAfterIncrease(received, afterBad);

    expect(increase(wrong, before, afterBad)).toBe(7);
    expect(increase(received, before, afterBad)).toBe(0);
    expect(increase(wrong, afterBad, afterGood)).toBe(0);
    expect(increase(received, afterBad, afterGood)).toBe(5);
    expect(otherProtocols(afterGood)).toEqual(otherProtocols(before));
  });

  test('exports a link going down and up', async () => {
    expect((await quietScrape()).value('nic_link_up', { device: 'vx1' })).toBe(1);
    await namespace.ip('link set vx1 down');
    expect((await quietScrape()).value('nic_link_up', { device: 'vx1' })).toBe(0);
    await namespace.ip('link set vx1 up');
    expect((await quietScrape()).value('nic_link_up', { device: 'vx1' })).toBe(1);
  });

  test('exports a device that is added, renamed, removed and added again', async () => {
    const add = 'link add plug0 type veth peer plug1';
    try {
      expect(await linksSeen()).toEqual(['veth0', 'vx0', 'vx1']);
      await namespace.ip(add);
      expect(await linksSeen()).toEqual(['plug0', 'plug1', 'veth0', 'vx0', 'vx1']);
      await namespace.ip('link set plug1 name socket1');
      expect(await linksSeen()).toEqual(['plug0', 'socket1', 'veth0', 'vx0', 'vx1']);
      await namespace.ip('link delete plug0');
      expect(await linksSeen()).toEqual(['veth0', 'vx0', 'vx1']);
      await namespace.ip(add);
      expect(await linksSeen()).toEqual(['plug0', 'plug1', 'veth0', 'vx0', 'vx1']);
      expect(agent.stderr()).not.toContain('level=error');
    } finally {
      // It may be gone when the test failed half-way.
      await namespace.ip('link delete plug0').catch(() => {});
    }
  });

  test.skipIf(promtoolProblem !== undefined)(
    `keeps the exposition valid whatever a device is called${skipNote(promtoolProblem)}`,
    async () => {
      // A quotation mark and a backslash; a byte that is not UTF-8 stays one only if no string carries it.
      const quoted = String.raw`q"u\o`;
      await namespace.ip(`link add ${quoted} type veth peer plain1`);
      await namespace.run('sh', [
        '-c',
        String.raw`ip link add "$(printf 'raw\377')" type veth peer raw1`,
      ]);
      try {
        const scrape = await quietScrape();
        const replaced = 'raw\uFFFD';

        const { exitCode, complaints } = await checkMetrics(scrape.text);
        expect(complaints).toEqual([]);
        expect(exitCode).toBe(0);
        expect(namesIn(scrape)).toEqual(
          ['plain1', quoted, 'raw1', replaced, 'veth0', 'vx0', 'vx1'].toSorted(),
        );
        expect(offload(scrape, quoted, 'tx-checksumming')).toBe(1);
        expect(
          ['nic_carrier_changes_total', 'nic_rx_packets_total', 'nic_tx_timeouts_total'].map(
            (name) => scrape.value(name, { device: replaced }),
          ),
        ).toEqual([expect.any(Number), 0, 0]);
        expect(offload(scrape, replaced, 'tx-checksumming')).toBe(1);
      } finally {
        await namespace.ip('link delete plain1');
        await namespace.ip('link delete raw1');
      }
    },
  );

  async function sendVxlan(count: number, goodChecksum: boolean): Promise<void> {
    const frame = vxlanFrame({
      sourceMac: sender.mac,
      destinationMac: receiver.mac,
      sourceAddress: sender.address,
      destinationAddress: receiver.address,
      destinationPort: vxlanPort,
      vni: vxlan.vni,
      innerDestinationMac: vxlan.mac,
      goodChecksum,
    });
    await peer.run(
      'perl',
      [new URL('../support/send-frames.pl', import.meta.url).pathname, 'veth1'],
      `${frame.toString('hex')}\n`.repeat(count),
    );
  }

  /** A fresh scrape at a moment when this machine was not too busy to answer every read in time. */
  async function quietScrape(): Promise<Exposition> {
    return vi.waitFor(
      async () => {
        const scrape = await agent.freshScrape();
        expect(
          scrape.samples('nicwatch_device_read_success').map(({ value }) => value),
        ).not.toContain(0);
        expect(scrape.samples('nic_stack_csum_errors_total')).not.toEqual([]);
        return scrape;
      },
      { timeout: 15_000 },
    );
  }

  /** A fresh scrape in which a counter is higher than before and stands still: the kernel takes packets in when it likes. */
  async function scrapeAfterIncrease(counter: Counter, before: Exposition): Promise<Exposition> {
    let previous = before;
    return vi.waitUntil(
      async () => {
        const scrape = await quietScrape();
        const isStill = increase(counter, previous, scrape) === 0;
        previous = scrape;
        return isStill && increase(counter, before, scrape) > 0 ? scrape : undefined;
      },
      { timeout: 15_000 },
    );
  }

  async function linksSeen(): Promise<readonly string[]> {
    return namesIn(await quietScrape());
  }
});

function offload(scrape: Exposition, device: string, feature: string): number | undefined {
  return scrape.value('nic_offload_enabled', { device, feature });
}

function namesIn(scrape: Exposition): readonly string[] {
  return labelValues(scrape.samples('nic_link_up'), 'device');
}

function labelValues(samples: readonly ExposedSample[], label: string): readonly string[] {
  return samples.map(({ labels }) => labels.get(label) ?? '').toSorted();
}

/** Checksum errors of every protocol but UDP over IPv4. */
function otherProtocols(scrape: Exposition): readonly ExposedSample[] {
  return scrape
    .samples('nic_stack_csum_errors_total')
    .filter(({ labels }) => labels.get('protocol') !== 'udp');
}

interface Counter {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

function increase({ name, labels }: Counter, before: Exposition, after: Exposition): number {
  return (after.value(name, labels) ?? Number.NaN) - (before.value(name, labels) ?? Number.NaN);
}
