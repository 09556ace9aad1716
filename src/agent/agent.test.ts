import process from 'node:process';

import { pino } from 'pino';
import type { Logger } from 'pino';
import { describe, expect, test, vi } from 'vitest';

import { overrideDevices } from '../../test/support/override-devices.ts';
import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom, scrape } from '../../test/support/scrape.ts';
import type { CollectorDefinition } from '../collectors/collector.ts';
import { deviceCollector } from '../collectors/device.ts';
import type { Host } from '../host/host.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import { gauge } from '../metrics/metric.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import { createExpositionRenderer } from '../metrics/exposition.ts';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';

const hostName = 'debian-6.12.95-qemu';

/** A host with the given ethtool reads for some devices. */
function hostWhere(devices: readonly string[], happens: () => Promise<never>): Host {
  return overrideDevices(createRecordedHost(hostName), ({ name }) =>
    devices.includes(name)
      ? { driverInfo: happens, statistics: happens, features: happens, txRingSize: happens }
      : {},
  );
}

const value = gauge({ name: 'nic_test', help: 'Test.' });

function collector(name: string, collect: () => Promise<number>): CollectorDefinition {
  return {
    name,
    description: 'Test.',
    metrics: [value],
    create: () => ({
      collect: async () => [value.family([{ labels: {}, value: await collect() }])],
    }),
  };
}

interface AgentWithOptions {
  readonly host?: Host;
  readonly log?: Logger;
  readonly extraFamilies?: () => readonly MetricFamily[];
  readonly flags?: readonly string[];
  /** Names of the enabled collectors; by default all. */
  readonly enabled?: readonly string[];
}

/** An agent with these collectors; without devices, whose reads take time that fake timers do not know. */
function agentWith(
  definitions: readonly CollectorDefinition[],
  {
    host = { ...createRecordedHost(hostName), devices: () => [] },
    log = pino({ enabled: false }),
    extraFamilies,
    flags = ['--web.disable-exporter-metrics'],
    enabled = definitions.map(({ name }) => name),
  }: AgentWithOptions = {},
): Agent {
  return createAgent({
    host,
    config: {
      ...configFrom(flags),
      collectors: new Set(enabled),
    },
    definitions,
    log,
    build: { version: '1', revision: '2', nodeVersion: '3' },
    extraFamilies,
  });
}

/** The text of the families of the agent itself. */
async function ownText({ freshSnapshot }: Pick<Agent, 'freshSnapshot'>): Promise<string> {
  return String(await createExpositionRenderer()((await freshSnapshot()).agent));
}

/** Value of one series of an exposition. */
function sample(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('createAgent()', () => {
  test('isolates a device whose driver fails', async () => {
    const text = await scrape(
      hostWhere(['eno1'], async () => {
        throw new SourceError('failed', 'no');
      }),
    );
    expect(sample(text, 'nic_link_up{device="eno1"}')).toBe(1);
    expect(sample(text, 'nic_rx_csum_errors_total{device="eno1"}')).toBeUndefined();
    expect(sample(text, 'nic_rx_csum_errors_total{device="ens3"}')).toBe(0);
    expect(text).not.toContain('nic_offload_enabled{device="eno1"');
    expect(sample(text, 'nicwatch_device_read_success{device="eno1",read="features"}')).toBe(0);
    expect(sample(text, 'nicwatch_device_read_stuck{device="eno1",read="features"}')).toBe(0);
    expect(sample(text, 'nicwatch_device_read_success{device="ens3",read="features"}')).toBe(1);
    expect(sample(text, 'nicwatch_collector_success{collector="offload"}')).toBe(1);
  });

  test('times out a device whose driver does not answer, and keeps its sysfs samples', async () => {
    const startedAt = performance.now();
    const text = await scrape(hostWhere(['eno1', 'vx42'], () => new Promise(() => {})));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(sample(text, 'nic_link_up{device="eno1"}')).toBe(1);
    expect(sample(text, 'nicwatch_device_read_success{device="eno1",read="statistics"}')).toBe(0);
    expect(sample(text, 'nicwatch_device_read_stuck{device="eno1",read="statistics"}')).toBe(1);
    expect(sample(text, 'nicwatch_device_read_stuck{device="ens3",read="statistics"}')).toBe(0);
    expect(text).toContain(
      'nic_device_info{device="eno1",kind="physical",driver="e1000e",driver_version="",firmware_version="",bus_address="0000:00:03.0",pci_id=""} 1',
    );
  });

  test('reads everything else while carrier and speed of every device wait for a lock', async () => {
    const recorded = createRecordedHost(hostName, { kernelLog: 'deadloop-vxlan' });
    let waiting = 0;
    const text = await scrape(
      overrideDevices(recorded, () => ({
        readAttribute: async () => {
          waiting += 1;
          return new Promise(() => {});
        },
      })),
    );
    // No more of them than threads can be spared.
    expect(waiting).toBe(2);
    expect(text).not.toContain('nic_link_up');
    expect(sample(text, 'nic_tx_packets_total{device="eno1"}')).toBe(7);
    expect(sample(text, 'nic_tx_timeouts_total{device="ens3"}')).toBe(0);
    expect(sample(text, 'nic_stack_csum_errors_total{protocol="tcp"}')).toBe(0);
    expect(text).toContain('nic_kernel_events_total{device="vxb",driver="",event="dead_loop"} 12');
    expect(sample(text, 'nicwatch_device_read_stuck{device="eno1",read="sysfs"}')).toBe(1);
    expect(sample(text, 'nicwatch_device_read_success{device="eno1",read="features"}')).toBe(1);
  });

  test('counts kernel events if the devices cannot be listed', async () => {
    const text = await scrape({
      ...createRecordedHost(hostName, { kernelLog: 'deadloop-vxlan' }),
      devices: () => {
        throw new SourceError('absent', 'no sysfs');
      },
    });
    expect(text).toContain('nic_kernel_events_total{device="vxb",driver="",event="dead_loop"} 12');
    expect(sample(text, 'nicwatch_kernel_log_up{source="kmsg"}')).toBe(1);
    expect(sample(text, 'nicwatch_collector_success{collector="device"}')).toBe(0);
  });

  test('shows a sysfs value it cannot parse as a failed read of that device only', async () => {
    const text = await scrape(
      overrideDevices(createRecordedHost(hostName), (device) => ({
        attribute: (attribute) =>
          device.name === 'eno1' && attribute === 'carrier_changes'
            ? 'many'
            : device.attribute(attribute),
      })),
    );
    expect(sample(text, 'nic_carrier_changes_total{device="eno1"}')).toBeUndefined();
    expect(sample(text, 'nic_carrier_changes_total{device="ens3"}')).toBe(2);
    expect(sample(text, 'nic_link_up{device="eno1"}')).toBe(1);
    expect(sample(text, 'nicwatch_device_read_success{device="eno1",read="sysfs"}')).toBe(0);
    expect(text).not.toContain('device="ens3",read="sysfs"');
  });

  test('runs the enabled collectors only', async () => {
    const definitions = [collector('on', async () => 1), collector('off', async () => 2)];
    const agent = agentWith(definitions, { enabled: ['on'] });
    expect([...(await agent.freshSnapshot()).collected.keys()]).toEqual(['on']);
  });

  test.each([
    { flags: ['--device.include=eno1'], names: ['eno1'] },
    { flags: ['--device.include=nope'], names: undefined },
  ])('polls the devices that $flags leaves: $names', async ({ flags, names }) => {
    let polled: readonly string[] | undefined;
    const definition: CollectorDefinition = {
      ...collector('naming', async () => 1),
      create: () => ({
        collect: ({ devices }) => {
          polled = devices.map(({ name }) => name);
          return [];
        },
      }),
    };
    const agent = agentWith([definition], { host: createRecordedHost(hostName), flags });
    const text = await ownText(agent);
    expect(polled).toEqual(names);
    expect(sample(text, 'nicwatch_collector_success{collector="naming"}')).toBe(
      names === undefined ? 0 : 1,
    );
  });

  test('gives time, events and devices that are administratively down with a snapshot', async () => {
    const event = {
      device: 'eno1',
      driver: 'e1000e',
      event: 'unit_hang',
      timestampSeconds: 1,
      text: 'hang',
    } as const;
    const host = overrideDevices(createRecordedHost(hostName), ({ name, readAttribute }) => ({
      readAttribute: async (attribute) => {
        if (name === 'eno1') {
          throw new SourceError('unsupported', 'down');
        }
        return readAttribute(attribute);
      },
    }));
    const agent = agentWith(
      [
        collector('silent', async () => 1),
        {
          ...collector('logging', async () => 1),
          create: () => ({ collect: () => [], recentEvents: () => [event] }),
        },
      ],
      { host: { ...host, now: () => new Date(1_000_000) } },
    );
    const snapshot = await agent.freshSnapshot();
    expect(snapshot.timestampSeconds).toBe(1000);
    expect(snapshot.recentEvents).toEqual([event]);
    expect(snapshot.administrativelyDown).toEqual(new Set(['eno1']));
  });

  test('exports when the process started', async () => {
    const uptime = vi.spyOn(process, 'uptime').mockReturnValue(5000);
    try {
      const host = { ...createRecordedHost(hostName), now: () => new Date(1_000_000_000) };
      const text = await ownText(agentWith([], { host, flags: [] }));
      expect(sample(text, 'process_start_time_seconds')).toBe(995_000);
    } finally {
      uptime.mockRestore();
    }
  });

  test('isolates a collector that fails', async () => {
    const agent = agentWith([
      collector('good', async () => 7),
      collector('bad', async () => {
        throw new ParseError(3, 'nonsense');
      }),
    ]);
    await agent.poll();
    const { collected, agent: own } = await agent.freshSnapshot();
    expect(collected.get('good')?.[0]?.samples).toEqual([{ labels: {}, value: 7 }]);
    expect(collected.get('bad')).toEqual([]);
    const text = String(await createExpositionRenderer()(own));
    expect(sample(text, 'nicwatch_collector_success{collector="good"}')).toBe(1);
    expect(sample(text, 'nicwatch_collector_success{collector="bad"}')).toBe(0);
    expect(
      sample(text, 'nicwatch_collector_last_success_timestamp_seconds{collector="bad"}'),
    ).toBeUndefined();
  });

  test('keeps the last success timestamp of a collector that fails', async () => {
    let seconds = 1000;
    let isBroken = false;
    const host = {
      ...createRecordedHost(hostName),
      devices: () => [],
      now: () => new Date(seconds * 1000),
    };
    const broken = collector('broken', async () => {
      if (isBroken) {
        throw new ParseError(3, 'nonsense');
      }
      return 7;
    });
    const agent = agentWith([broken], { host });
    const lastSuccess = async (): Promise<number | undefined> => {
      const text = await ownText(agent);
      return sample(text, 'nicwatch_collector_last_success_timestamp_seconds{collector="broken"}');
    };
    await agent.poll();
    expect(await lastSuccess()).toBe(1000);
    seconds = 2000;
    isBroken = true;
    await agent.poll();
    expect(await lastSuccess()).toBe(1000);
    seconds = 3000;
    isBroken = false;
    await agent.poll();
    expect(await lastSuccess()).toBe(3000);
  });

  test('keeps the identity of a device whose driver stops answering', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let isStuck = false;
      const host = overrideDevices(createRecordedHost(hostName), (device) => ({
        driverInfo: async () => {
          if (isStuck) {
            throw new SourceError('timeout', 'stuck');
          }
          return device.driverInfo();
        },
      }));
      const config = configFrom([]);
      const poll = createPolls(host, config);
      const { collect } = deviceCollector.create({ host, config, log: pino({ enabled: false }) });
      const before = (await collect(await poll()))[0];
      isStuck = true;
      // Driver information is read once a minute.
      vi.advanceTimersByTime(60_000);
      const stuck = await poll();
      expect((await collect(stuck))[0]).toEqual(before);
      expect(stuck.failures.get('eno1')?.get('driver_info')).toMatchObject({ reason: 'timeout' });
      expect(before?.samples[0]?.labels['driver']).toBe('bonding');
    } finally {
      vi.useRealTimers();
    }
  });

  test('joins a poll in progress, and polls again only when the snapshot has expired', async () => {
    let polls = 0;
    const agent = agentWith([
      collector('counting', async () => {
        polls += 1;
        return polls;
      }),
    ]);
    await Promise.all([agent.freshSnapshot(), agent.freshSnapshot(), agent.poll()]);
    expect(polls).toBe(1);
    await agent.freshSnapshot();
    expect(polls).toBe(1);
  });

  test('polls again 50 ms after the last poll if a collector has reported a change', async () => {
    vi.useFakeTimers();
    try {
      let polls = 0;
      let change: (() => void) | undefined;
      const agent = agentWith([
        {
          name: 'following',
          description: 'Test.',
          metrics: [value],
          create: () => ({
            run: async (_signal, changed) => {
              change = changed;
            },
            collect: async () => {
              polls += 1;
              return [value.family([{ labels: {}, value: polls }])];
            },
          }),
        },
      ]);
      const ending = new AbortController();
      await agent.run(ending.signal);
      expect(polls).toBe(1);
      await vi.advanceTimersByTimeAsync(100);
      await agent.freshSnapshot();
      expect(polls).toBe(1);

      change?.();
      const { collected } = await agent.freshSnapshot();
      expect(collected.get('following')?.[0]?.samples).toEqual([{ labels: {}, value: 2 }]);
      // What has changed is shown now; and what changes again, not too often.
      await vi.advanceTimersByTimeAsync(40);
      await agent.freshSnapshot();
      change?.();
      await agent.freshSnapshot();
      expect(polls).toBe(2);
      await vi.advanceTimersByTimeAsync(11);
      await agent.freshSnapshot();
      expect(polls).toBe(3);
      ending.abort();
    } finally {
      vi.useRealTimers();
    }
  });

  test('waits longer for the first poll, before which there is no snapshot', async () => {
    vi.useFakeTimers();
    vi.advanceTimersByTime(10_000);
    try {
      const slow = collector('slow', async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, 1500);
        });
        return 7;
      });
      const serving = agentWith([slow]).freshSnapshot();
      await vi.advanceTimersByTimeAsync(1500);
      const { collected } = await serving;
      expect(collected.get('slow')?.[0]?.samples).toEqual([{ labels: {}, value: 7 }]);
      const text = await ownText({ freshSnapshot: async () => serving });
      expect(sample(text, 'nicwatch_collector_duration_seconds{collector="slow"}')).toBe(1.5);
    } finally {
      vi.useRealTimers();
    }
  });

  test('serves the latest snapshot when a poll takes too long', async () => {
    vi.useFakeTimers();
    try {
      let polls = 0;
      const agent = agentWith([
        collector('slow', async () => {
          polls += 1;
          return polls === 1 ? 1 : new Promise(() => {});
        }),
      ]);
      await agent.poll();
      await vi.advanceTimersByTimeAsync(1100);
      const serving = agent.freshSnapshot();
      await vi.advanceTimersByTimeAsync(500);
      const { collected } = await serving;
      expect(collected.get('slow')?.[0]?.samples).toEqual([{ labels: {}, value: 1 }]);
      expect(polls).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test('serves the status of the latest reads when a poll takes too long', async () => {
    // Real timers: the devices of a recorded host are read in real time.
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let polls = 0;
      const agent = agentWith(
        [
          collector('quick', async () => 1),
          {
            ...collector('slow', async () => 1),
            create: () => ({
              needs: () => ['features'],
              collect: () => {
                polls += 1;
                return polls > 1 ? new Promise(() => {}) : [];
              },
            }),
          },
        ],
        { host: createRecordedHost(hostName) },
      );
      await agent.poll();
      void agent.poll();
      vi.advanceTimersByTime(1100);
      const text = await ownText(agent);
      expect(sample(text, 'nicwatch_device_read_success{device="eno1",read="features"}')).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test('never mixes two polls in one snapshot when a poll takes too long', async () => {
    vi.useFakeTimers();
    try {
      let polls = 0;
      let end: (() => void) | undefined;
      const agent = agentWith([
        collector('quick', async () => {
          polls += 1;
          return polls;
        }),
        collector('slow', async () => {
          const poll = polls;
          if (poll > 1) {
            await new Promise<void>((resolve) => {
              end = resolve;
            });
          }
          return poll;
        }),
      ]);
      const served = async () => {
        const serving = agent.freshSnapshot();
        await vi.advanceTimersByTimeAsync(500);
        const { collected } = await serving;
        return [...collected.values()].map((families) => families[0]?.samples[0]?.value);
      };
      await agent.poll();
      const second = agent.poll();
      await vi.advanceTimersByTimeAsync(1100);
      expect(await served()).toEqual([1, 1]);
      end?.();
      await second;
      expect(await served()).toEqual([2, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('serves the partial result of the first poll when it takes too long', async () => {
    vi.useFakeTimers();
    try {
      const agent = agentWith([
        collector('quick', async () => 1),
        collector('slow', async () => new Promise(() => {})),
      ]);
      const serving = agent.freshSnapshot();
      await vi.advanceTimersByTimeAsync(2000);
      const { collected } = await serving;
      expect([...collected.keys()]).toEqual(['quick']);
      expect(agent.isReady()).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test('serves what it knows by itself before any collector has a result', async () => {
    vi.useFakeTimers();
    try {
      const host = { ...createRecordedHost(hostName), now: () => new Date(1_000_000) };
      const serving = agentWith([collector('slow', async () => new Promise(() => {}))], {
        host: { ...host, devices: () => [] },
      }).freshSnapshot();
      await vi.advanceTimersByTimeAsync(2000);
      const { timestampSeconds, collected } = await serving;
      expect(timestampSeconds).toBe(1000);
      expect(collected.size).toBe(0);
      const text = await ownText({ freshSnapshot: async () => serving });
      expect(text).toContain('nicwatch_build_info{');
    } finally {
      vi.useRealTimers();
    }
  });

  test('gives a device one name per poll, even if it is renamed meanwhile', async () => {
    let current = 'eth0';
    const recorded = createRecordedHost(hostName);
    const [handle] = recorded.devices();
    if (handle === undefined) {
      throw new Error('the recorded host has no devices');
    }
    const renamed = {
      ...handle,
      kind: 'physical' as const,
      get name() {
        return current;
      },
    };
    const naming = (name: string, rename: () => void): CollectorDefinition => ({
      ...collector(name, async () => 1),
      create: () => ({
        collect: async ({ devices }) => {
          rename();
          await Promise.resolve();
          return [
            device.family(
              devices.map(({ name: label }) => ({ labels: { device: label }, value: 1 })),
            ),
          ];
        },
      }),
    });
    const device = gauge({ name: 'nic_test', help: 'Test.', labels: ['device'] });
    const agent = agentWith(
      [
        naming('first', () => {}),
        naming('second', () => {
          current = 'eno1';
        }),
      ],
      // A list of other devices is another array.
      { host: { ...recorded, devices: () => [renamed] } },
    );
    const names = async () => {
      const { collected, agent: own } = await agent.freshSnapshot();
      return [...[...collected.values()].flat(), ...own].flatMap(({ samples }) =>
        samples.flatMap(({ labels }) => ('device' in labels ? [labels['device']] : [])),
      );
    };
    await agent.poll();
    expect(new Set(await names())).toEqual(new Set(['eth0']));
    await agent.poll();
    expect(new Set(await names())).toEqual(new Set(['eno1']));
  });

  test('logs a failure and its recovery once, not on every poll', async () => {
    const lines: string[] = [];
    let fails = false;
    const flaky = collector('flaky', async () => {
      if (fails) {
        throw new Error('gone');
      }
      return 1;
    });
    const reading: CollectorDefinition = {
      ...collector('reading', async () => 1),
      create: () => ({
        collect: ({ devices, attempt }) => {
          for (const device of devices) {
            attempt({ device, read: 'sysfs' }, () => {
              if (fails) {
                throw new SourceError('failed', 'broken');
              }
            });
          }
          return [];
        },
      }),
    };
    const agent = agentWith([flaky, reading], {
      host: createRecordedHost(hostName),
      flags: ['--device.include=eno1'],
      log: pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) }),
    });
    for (const failing of [false, true, true, false, false]) {
      fails = failing;
      await agent.poll();
    }
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { level: 40, collector: 'flaky', msg: 'gone' },
      { level: 40, read: 'sysfs', device: 'eno1', msg: 'broken' },
      { level: 30, collector: 'flaky', msg: 'recovered' },
      { level: 30, read: 'sysfs', device: 'eno1', msg: 'recovered' },
    ]);
  });

  test('polls on the interval, counted from the last poll whatever started it', async () => {
    vi.useFakeTimers();
    try {
      const polledAt: number[] = [];
      const startedAt = performance.now();
      const agent = agentWith([
        collector('counting', async () => {
          polledAt.push(Math.round((performance.now() - startedAt) / 1000));
          return 1;
        }),
      ]);
      const ending = new AbortController();
      const running = agent.run(ending.signal);
      await vi.advanceTimersByTimeAsync(35_000);
      expect(polledAt).toEqual([0, 15, 30]);
      await agent.freshSnapshot();
      await vi.advanceTimersByTimeAsync(30_500);
      expect(polledAt).toEqual([0, 15, 30, 35, 50, 65]);
      ending.abort();
      await running;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(polledAt).toHaveLength(6);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is polling as long as polls finish on schedule', async () => {
    vi.useFakeTimers();
    try {
      let hangs = false;
      const agent = agentWith([
        collector('hanging', async () => (hangs ? new Promise<never>(() => {}) : 1)),
      ]);
      expect(agent.isPolling()).toBe(false);
      void agent.run(new AbortController().signal);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(agent.isPolling()).toBe(true);
      hangs = true;
      await vi.advanceTimersByTimeAsync(40_000);
      expect(agent.isPolling()).toBe(true);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(agent.isPolling()).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is ready once every collector has run', async () => {
    const agent = agentWith([collector('one', async () => 1)]);
    expect(agent.isReady()).toBe(false);
    await agent.poll();
    expect(agent.isReady()).toBe(true);
  });

  test('serves extra families after its own, and their changes at once', async () => {
    let extra = [value.family([{ labels: {}, value: 1 }])];
    const agent = agentWith([], { extraFamilies: () => extra });
    const snapshot = await agent.freshSnapshot();
    expect(snapshot.agent.at(-1)).toBe(extra[0]);
    expect(await agent.freshSnapshot()).toBe(snapshot);
    extra = [value.family([{ labels: {}, value: 2 }])];
    expect((await agent.freshSnapshot()).agent.at(-1)).toBe(extra[0]);
  });
});
