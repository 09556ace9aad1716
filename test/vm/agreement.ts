import { setTimeout } from 'node:timers/promises';

import { countedEvents } from './kernel-log.ts';
import type { Exposition } from '../support/exposition.ts';
import type { Lab } from './lab.ts';
import type { Machine } from './machine.ts';
import type { Report } from './report.ts';

/** So long what the agent says may lag behind on a machine that is busy. */
const agreeSeconds = 20;

/** Counters of a device that the guest and the agent both tell: by the name of the metric. */
const counterScript = `
cd /sys/class/net
for name in *; do
  [ -e $name/device ] || continue
  echo "$name nic_carrier_changes_total $(cat $name/carrier_changes)"
  echo "$name nic_tx_timeouts_total $(($(cat $name/queues/tx-*/tx_timeout | tr '\\n' '+')0))"
  ethtool -S $name 2>/dev/null | sed -n "s/^ *tx_timeout_count: /$name nic_driver_tx_timeouts_total /p"
done`;

/** Compares all events of the kernel log, and the counters of the cards, with what the guest counts by itself. */
export async function compareCounts({ machine, log }: Lab, report: Report): Promise<void> {
  // A card that hangs goes on logging between the count and the scrape.
  let [counts, exposition] = [await log.counts(), await machine.scrape()];
  const deadline = Date.now() + agreeSeconds * 1000;
  while (Date.now() < deadline && !agree(counts, exposition)) {
    await setTimeout(250);
    [counts, exposition] = [await log.counts(), await machine.scrape()];
  }
  for (const [key, count] of counts) {
    report.equal(`kernel events: ${key}`, eventCount(exposition, key), count);
  }
  const total = countedEvents.reduce(
    (sum, event) =>
      sum +
      exposition
        .samples('nic_kernel_events_total', { event })
        .reduce((subtotal, { value }) => subtotal + value, 0),
    0,
  );
  report.equal(
    'kernel events in all',
    total,
    [...counts.values()].reduce((sum, count) => sum + count, 0),
  );
  report.equal(
    'suppressed kernel messages',
    exposition.value('nicwatch_kernel_log_suppressed_total', { source: 'kmsg' }),
    await log.suppressed(),
  );
  await compareCounters(machine, report);
}

/** Both may be changing: a link that comes up, a device that is new. So they are compared until they agree. */
async function compareCounters(machine: Machine, report: Report): Promise<void> {
  let wrong: readonly string[] = [];
  for (const deadline = Date.now() + agreeSeconds * 1000; ; await setTimeout(500)) {
    const lines = (await machine.run(counterScript)).trim().split('\n');
    const exposition = await machine.scrape();
    wrong = lines.flatMap((line) => {
      const [device = '', metric = '', value] = line.split(' ');
      const seen = exposition.value(metric, { device });
      return seen === Number(value) ? [] : [`${line}, not ${seen ?? 'absent'}`];
    });
    if (wrong.length === 0 || Date.now() > deadline) {
      break;
    }
  }
  report.equal(
    'carrier changes and transmit timeouts of all cards as in sysfs and ethtool',
    wrong.join('; ') || 'agree',
    'agree',
  );
}

function agree(counts: ReadonlyMap<string, number>, exposition: Exposition): boolean {
  return [...counts].every(([key, count]) => eventCount(exposition, key) === count);
}

function eventCount(exposition: Exposition, key: string): number | undefined {
  const [device = '', event = ''] = key.split(' ');
  return exposition.value('nic_kernel_events_total', { device, event });
}
