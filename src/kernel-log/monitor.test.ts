import { describe, expect, test, vi } from 'vitest';

import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Host } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import type { KernelRecord } from '../model/kernel-record.ts';
import { createKernelLogMonitor } from './monitor.ts';
import type { KernelLogState } from './monitor.ts';

const hostName = 'debian-6.12.95-qemu';

/** Lets a monitor read what a host's log holds, and says what it made of it. */
async function stateAfter(host: Host): Promise<KernelLogState> {
  const monitor = createKernelLogMonitor(host);
  const ending = new AbortController();
  const running = monitor.run(ending.signal);
  await monitor.caughtUp;
  ending.abort();
  await running;
  return monitor.state();
}

/** A host whose kernel log gives each of these batches in turn, and fails where it is told to. */
function hostWithLog(...batches: readonly (readonly KernelRecord[] | SourceError)[]): Host {
  return {
    ...createRecordedHost(hostName),
    kernelLog: async function* (signal) {
      for (const records of batches) {
        if (records instanceof SourceError) {
          throw records;
        }
        yield { records, caughtUp: records === batches.at(-1) };
      }
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    },
  };
}

function deadLoop(sequence: number, device = 'vxa'): KernelRecord {
  return {
    sequence,
    timestampMicroseconds: sequence * 1e6,
    facility: 0,
    level: 2,
    text: `Dead loop on virtual device ${device}, fix it urgently!`,
    subsystem: undefined,
    device: undefined,
  };
}

function counts({ events }: KernelLogState): Record<string, number> {
  return Object.fromEntries(
    events.map(({ device, driver, event, count }) => [`${device}/${driver}/${event}`, count]),
  );
}

describe('createKernelLogMonitor()', () => {
  test.each([
    [
      'hang-eno1-persist',
      { 'eno1/e1000e/unit_hang': 9, 'eno1/e1000e/tx_timeout': 3, 'eno1/e1000e/adapter_reset': 3 },
    ],
    ['deadloop-vxlan', { 'vxb//dead_loop': 12 }],
    ['deadloop-ipip', { 'ipb//dead_loop': 12 }],
    ['deadloop-ipvlan', { 'vxm//dead_loop': 12 }],
    ['hwcsum', { 'vx42/vxlan/rx_csum_fault': 1 }],
    ['linkflap', {}],
    ['boot', {}],
  ])('counts the events of recording %s', async (kernelLog, expected) => {
    expect(counts(await stateAfter(createRecordedHost(hostName, { kernelLog })))).toEqual(expected);
  });

  test('gives the time of the last event', async () => {
    const { events } = await stateAfter(
      createRecordedHost(hostName, { kernelLog: 'hang-eno1-persist' }),
    );
    const last = events.find(({ event }) => event === 'adapter_reset')?.lastTimestampSeconds;
    // The boot time of the host, and the uptime of the record.
    expect(last).toBeCloseTo(1_795_145_580 + 105.081_264, 3);
  });

  test('counts what the rate limit of the kernel left out', async () => {
    const state = await stateAfter(createRecordedHost(hostName, { kernelLog: 'deadloop-vxlan' }));
    expect(state.suppressed).toBe(190);
  });

  test('counts lost records by the gap they leave', async () => {
    const state = await stateAfter(hostWithLog([deadLoop(10), deadLoop(11), deadLoop(15)]));
    expect(state).toMatchObject({ records: 3, lost: 3 });
    expect(counts(state)).toEqual({ 'vxa//dead_loop': 3 });
  });

  test('counts nothing twice when the log is opened again', async () => {
    let opened = 0;
    const host: Host = {
      ...hostWithLog(),
      kernelLog: async function* () {
        opened += 1;
        yield { records: [deadLoop(1), deadLoop(2)].slice(0, opened), caughtUp: true };
        throw new SourceError('failed', 'taken away');
      },
    };
    const monitor = createKernelLogMonitor(host, { retryMilliseconds: 1 });
    const ending = new AbortController();
    const running = monitor.run(ending.signal);
    await monitor.caughtUp;
    expect(counts(monitor.state())).toEqual({ 'vxa//dead_loop': 1 });
    await vi.waitUntil(() => opened > 3);
    expect(counts(monitor.state())).toEqual({ 'vxa//dead_loop': 2 });
    expect(monitor.state()).toMatchObject({ up: false, records: 2, lost: 0 });
    ending.abort();
    await running;
  });

  test('says why the log cannot be read', async () => {
    const state = await stateAfter(hostWithLog(new SourceError('denied', 'no CAP_SYSLOG')));
    expect(state.up).toBe(false);
    expect(state.error?.message).toBe('no CAP_SYSLOG');
  });

  test('keeps the number of devices of elsewhere bounded and loses no event', async () => {
    const records = Array.from({ length: 150 }, (_, index) => deadLoop(index, `gw_${index}`));
    const { events } = await stateAfter(hostWithLog(records));
    expect(events).toHaveLength(101);
    expect(events.find(({ device }) => device === '')?.count).toBe(50);
    expect(events.reduce((sum, { count }) => sum + count, 0)).toBe(150);
  });
});
