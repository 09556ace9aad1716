import { expect, test } from 'vitest';

import { counterMeanings, driverCounters } from './driver-counters.ts';
import { queueForms } from './queue-names.ts';

/** Statistics that look like errors or counters and are none. */
const traps = [
  'rx_csum_none',
  'rx_csum_complete',
  'rx_csum_unnecessary',
  'rx_csum_offload_good',
  'rx_csum_good',
  'queue_0_rx_csum_unchecked',
  'queue_0_rx_csum_good',
  'ip_csum_bypassed',
  'hw_rx_csum_ok',
  'peer_ifindex',
  'tx_hwtstamp_timeouts',
  'tx_restart_queue',
  'tx_queue_0_restart',
  'rx_corrected_bits_phy',
  'port.fdir_atr_status',
  'alloc_rx_buff_failed',
] as const;

test('driverCounters reads no statistics that only look like errors', () => {
  const read = Object.values(driverCounters).flatMap((counters) =>
    counterMeanings.flatMap((meaning) => counters[meaning]?.flat() ?? []),
  );
  expect(read.length).toBeGreaterThan(80);
  for (const trap of traps) {
    expect(read).not.toContain(trap);
    expect(read).not.toContain(trap.replace('_0_', '_{n}_'));
  }
});

test('driverCounters gives no statistic of a driver two meanings', () => {
  for (const [driver, counters] of Object.entries(driverCounters)) {
    const read = counterMeanings.flatMap((meaning) => counters[meaning]?.flat() ?? []);
    expect(new Set(read).size, driver).toBe(read.length);
  }
});

test.each(
  queueForms.flatMap(({ pattern, examples }) =>
    examples.map((example) => [example, pattern] as const),
  ),
)('queueForms takes the queue out of %j, in one form only', ([name, statistic, queue], pattern) => {
  const groups = pattern.exec(name)?.groups;
  expect({
    statistic: `${groups?.['before']}${groups?.['after']}`,
    queue: groups?.['queue'],
  }).toEqual({
    statistic,
    queue,
  });
  expect(
    queueForms.filter(
      (form) => form.drivers === undefined && form.pattern.test(name) && form.pattern !== pattern,
    ),
  ).toEqual([]);
});

test.each([
  'rx_64_bytes_phy',
  'tx_1024_to_1522_byte_packets',
  'rx_prio0_bytes',
  'port.tx_priority_0_xon',
  'veb.tc_0_tx_packets',
  'rx_csum_offload_errors',
])('queueForms finds no queue in %j', (name) => {
  expect(
    queueForms.filter(({ drivers, pattern }) => drivers === undefined && pattern.test(name)),
  ).toEqual([]);
});
