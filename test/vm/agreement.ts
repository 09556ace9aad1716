import { countedEvents } from './kernel-log.ts';
import type { Exposition } from '../support/exposition.ts';
import { scrapeUntil } from './lab.ts';
import type { Lab } from './lab.ts';
import type { Report } from './report.ts';

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
  const counts = await log.counts();
  const agrees = (exposition: Exposition): boolean =>
    [...counts].every(([key, count]) => eventCount(exposition, key) === count);
  const exposition = await scrapeUntil(machine, agrees);
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
  await compareCounters({ machine }, report);
}

async function compareCounters({ machine }: Pick<Lab, 'machine'>, report: Report): Promise<void> {
  const lines = (await machine.run(counterScript)).trim().split('\n');
  const truth = lines.map((line) => {
    const [device = '', metric = '', value] = line.split(' ');
    return { device, metric, value: Number(value) };
  });
  const exposition = await scrapeUntil(machine, (scraped) =>
    truth.every(({ device, metric, value }) => scraped.value(metric, { device }) === value),
  );
  const wrong = truth.filter(
    ({ device, metric, value }) => exposition.value(metric, { device }) !== value,
  );
  report.equal(
    'carrier changes and transmit timeouts of all cards as in sysfs and ethtool',
    wrong.map(({ device, metric, value }) => `${device} ${metric} is not ${value}`).join(', ') ||
      `${truth.length} agree`,
    `${truth.length} agree`,
  );
}

function eventCount(exposition: Exposition, key: string): number | undefined {
  const [device = '', event = ''] = key.split(' ');
  return exposition.value('nic_kernel_events_total', { device, event });
}
