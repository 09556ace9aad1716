import { existsSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { runbooksFolder } from '../../test/support/runbooks.ts';
import { kernelEventNames } from '../model/kernel-event.ts';
import type { DeviceStatus, EventCountStatus, Status } from '../model/status.ts';
import { findingsOf, worstOf } from './status-verdict.ts';

const nowSeconds = 1_800_000_000;
const minute = 60;
const hour = 60 * minute;

const eno1: DeviceStatus = {
  name: 'eno1',
  kind: 'physical',
  driver: 'tg3',
  driverVersion: '',
  firmwareVersion: '',
  busAddress: '0000:00:07.0',
  pciId: '14e4:165f',
  linkUp: true,
  adminUp: true,
  speedBitsPerSecond: undefined,
  hangActive: false,
  txStalled: false,
  counters: { carrier_changes: 2 },
  offloads: [],
  knownIssues: [],
};

const healthy: Status = {
  hostname: 'node-7',
  timestampSeconds: nowSeconds,
  bootTimestampSeconds: undefined,
  devices: [eno1],
  kernelEvents: [],
  recentKernelEvents: [],
  previousBootKernelEvents: [],
  stackCsumErrors: {},
  wireSources: undefined,
  agent: {
    version: '',
    revision: '',
    nodeVersion: '',
    ethtoolReader: 'ioctl',
    statePersistent: true,
    collectors: [{ name: 'device', success: true, lastSuccessTimestampSeconds: nowSeconds }],
    failedReads: [],
    kernelLog: [{ source: 'kmsg', up: true, records: 1, lost: 0 }],
  },
};

function device(fields: Partial<DeviceStatus>): Status {
  return { ...healthy, devices: [{ ...eno1, ...fields }] };
}

/** Events of eno1 that were last logged so many seconds ago. */
function event(
  name: string,
  agoSeconds: number,
  fields: Partial<EventCountStatus> = {},
): EventCountStatus {
  return {
    device: 'eno1',
    driver: 'tg3',
    event: name,
    count: 1,
    lastTimestampSeconds: nowSeconds - agoSeconds,
    ...fields,
  };
}

/** A node that logged hangs before its last boot, so many seconds ago. */
function previous(agoSeconds: number): Status {
  return {
    ...healthy,
    previousBootKernelEvents: [event('unit_hang', agoSeconds, { count: 9 })],
  };
}

/** What is found, in short. */
function found(status: Status): readonly (readonly unknown[])[] {
  return findingsOf(status).map(({ grade, device: name, state }) => [grade, name, state]);
}

describe('findingsOf()', () => {
  test('returns no findings for a healthy node', () => {
    expect(findingsOf(healthy)).toEqual([]);
  });

  test.each([
    ['unit_hang', 'bad', 'hang logged', 'NICHardwareUnitHang'],
    ['tx_timeout', 'bad', 'TX timeout', 'NICTransmitTimeout'],
    ['adapter_reset', 'bad', 'adapter reset', 'NICAdapterResetLoop'],
    ['firmware_fault', 'bad', 'firmware fault', 'NICFirmwareFault'],
    ['malicious_driver', 'bad', 'queue blocked', 'NICFirmwareFault'],
    ['rx_csum_fault', 'warn', 'checksum fault', 'NICReceiveChecksumFault'],
    ['dead_loop', 'warn', 'dead loop', 'NICDeadLoopSustained'],
    ['device_lost', 'bad', 'device lost', 'NICDeviceLost'],
  ])('grades %s of the last 15 minutes as %s', (name, grade, state, runbook) => {
    const timestampSeconds = nowSeconds - 15 * minute;
    expect(findingsOf({ ...healthy, kernelEvents: [event(name, 15 * minute)] })).toEqual([
      {
        grade,
        device: 'eno1',
        state,
        sentence: `The kernel logged ${name} once since boot.`,
        timestampSeconds,
        runbook,
      },
    ]);
  });

  test('has a term for every event', () => {
    for (const name of kernelEventNames) {
      expect(findingsOf({ ...healthy, kernelEvents: [event(name, 0)] })).toHaveLength(1);
    }
  });

  test.each([
    { what: 'a single timeout an hour ago', row: event('tx_timeout', hour), expected: [] },
    { what: 'a dead loop an hour ago', row: event('dead_loop', hour, { count: 99 }), expected: [] },
    {
      what: 'a watchdog storm hours ago',
      row: event('tx_timeout', 5 * hour, { count: 3 }),
      expected: [['warn', 'eno1', 'TX timeout']],
    },
    {
      what: 'a reset storm hours ago',
      row: event('adapter_reset', 5 * hour, { count: 40 }),
      expected: [['warn', 'eno1', 'adapter reset']],
    },
    {
      what: 'a storm of the day before yesterday',
      row: event('adapter_reset', 48 * hour, { count: 40 }),
      expected: [],
    },
    {
      what: 'a firmware fault weeks ago',
      row: event('firmware_fault', 500 * hour),
      expected: [['warn', 'eno1', 'firmware fault']],
    },
    {
      what: 'a device that was lost weeks ago and is back',
      row: event('device_lost', 500 * hour),
      expected: [['warn', 'eno1', 'device lost']],
    },
    {
      what: 'a device that was lost weeks ago and is gone',
      row: event('device_lost', 500 * hour, { device: 'enp6s0' }),
      expected: [['bad', 'enp6s0', 'device lost']],
    },
    {
      what: 'an event nobody can date',
      row: event('tx_timeout', 0, { lastTimestampSeconds: undefined }),
      expected: [['warn', 'eno1', 'TX timeout']],
    },
    {
      what: 'an event of a device the log does not name',
      row: event('tx_timeout', 1, { device: '', driver: 'i40e' }),
      expected: [['bad', '', 'TX timeout']],
    },
    {
      what: 'an event the clock puts into the future',
      row: event('tx_timeout', -5),
      expected: [['bad', 'eno1', 'TX timeout']],
    },
  ])('finds $expected of $what', ({ row, expected }) => {
    expect(found({ ...healthy, kernelEvents: [row] })).toEqual(expected);
  });

  test('names the driver where the log names no device, with the count', () => {
    const row = event('tx_timeout', 1, { device: '', driver: 'i40e', count: 4 });
    expect(findingsOf({ ...healthy, kernelEvents: [row] })[0]?.sentence).toBe(
      'The kernel logged tx_timeout of driver i40e 4 times since boot.',
    );
  });

  test('reports events of the previous boot for 15 minutes after they were logged', () => {
    expect(findingsOf(previous(5 * minute))).toEqual([
      expect.objectContaining({
        grade: 'bad',
        state: 'hang logged before boot',
        sentence: 'The kernel logged unit_hang 9 times in the previous boot.',
        runbook: 'NICHungBeforeReboot',
      }),
    ]);
    expect(findingsOf(previous(20 * minute))).toEqual([]);
  });

  test('reports an event of both boots once: they share one timestamp', () => {
    const row = event('unit_hang', minute);
    const status = { ...healthy, kernelEvents: [row], previousBootKernelEvents: [row] };
    expect(found(status)).toEqual([['bad', 'eno1', 'hang logged']]);
  });

  test.each([
    {
      what: 'that had a link',
      fields: { linkUp: false, counters: { carrier_changes: 2 } },
      expected: [['warn', 'eno1', 'link down']],
    },
    {
      what: 'that somebody has set down',
      fields: { linkUp: false, adminUp: false, counters: { carrier_changes: 2 } },
      expected: [],
    },
    {
      what: 'that never had a link, and whose driver counts its beginning as a change',
      fields: { linkUp: false, counters: { carrier_changes: 1 } },
      expected: [],
    },
    {
      what: 'that never had a link',
      fields: { linkUp: false, counters: { carrier_changes: 0 } },
      expected: [],
    },
  ])('finds $expected of a device $what', ({ fields, expected }) => {
    expect(found(device(fields))).toEqual(expected);
  });

  // Kernels to 6.7 log the first timeout of a boot and no other.
  test.each([
    { counted: 1, logged: 0, isRead: true, expected: [] },
    { counted: 3, logged: 0, isRead: true, expected: ['TX timeouts'] },
    { counted: 3, logged: 1, isRead: true, expected: [] },
    { counted: 40, logged: 1, isRead: true, expected: ['TX timeouts'] },
    { counted: 1, logged: 0, isRead: false, expected: ['TX timeouts'] },
    { counted: 0, logged: 0, isRead: false, expected: [] },
  ])(
    'finds $expected where $counted timeouts are counted and $logged logged, log read: $isRead',
    ({ counted, logged, isRead, expected }) => {
      const status: Status = {
        ...device({ counters: { tx_timeouts: counted } }),
        kernelEvents: logged === 0 ? [] : [event('tx_timeout', 500 * hour, { count: logged })],
        agent: { ...healthy.agent, ...(isRead ? {} : { kernelLog: [] }) },
      };
      expect(findingsOf(status).map(({ state }) => state)).toEqual(expected);
    },
  );

  test('sorts by severity, then current states, then the most recent', () => {
    const status: Status = {
      ...device({ hangActive: true, linkUp: false }),
      kernelEvents: [
        event('rx_csum_fault', minute),
        event('tx_timeout', 3 * minute),
        event('unit_hang', minute),
      ],
      agent: { ...healthy.agent, statePersistent: false },
    };
    expect(findingsOf(status).map(({ state }) => state)).toEqual([
      'hangs',
      'hang logged',
      'TX timeout',
      'link down',
      'agent',
      'checksum fault',
    ]);
    expect(worstOf(findingsOf(status), 'eno1')?.state).toBe('hangs');
    expect(worstOf(findingsOf(status), 'enp6s0')).toBeUndefined();
  });

  test('links only to existing runbooks', () => {
    const knownIssue = {
      id: 'x',
      severity: 'critical',
      exposed: true,
      symptom: undefined,
      mitigation: undefined,
      sources: [],
    };
    const status: Status = {
      ...device({ hangActive: true, txStalled: true, linkUp: false, knownIssues: [knownIssue] }),
      kernelEvents: kernelEventNames.map((name) => event(name, 0)),
      previousBootKernelEvents: [event('unit_hang', 0, { device: 'enp6s0' })],
      agent: {
        ...healthy.agent,
        collectors: [{ name: 'device', success: false, lastSuccessTimestampSeconds: undefined }],
        failedReads: [{ device: 'eno1', read: 'statistics', stuck: true }],
        kernelLog: [{ source: 'kmsg', up: false, records: 0, lost: 0 }],
      },
    };
    const runbooks = new Set(findingsOf(status).map(({ runbook }) => runbook));
    expect(runbooks.size).toBeGreaterThan(13);
    for (const runbook of runbooks) {
      expect(existsSync(`${runbooksFolder}${runbook}.md`), runbook).toBe(true);
    }
  });
});
