import type { Exposition } from '../../support/exposition.ts';
import { compareCounts } from '../agreement.ts';
import { scrapeUntil } from '../lab.ts';
import type { Case } from './case.ts';

const recordBytes = 900;
/** More than the ring buffer of the kernel holds, in pieces that the independent reader keeps up with. */
const floodScript = `
  echo on >/proc/sys/kernel/printk_devkmsg
  kill -STOP "$(cat /run/agent.pid)"
  yes flood | head -c 524288 >/run/flood
  for piece in 1 2 3; do dd if=/run/flood of=/dev/kmsg bs=${recordBytes} 2>/dev/null; sleep 1; done
  kill -CONT "$(cat /run/agent.pid)"`;

/** Records are overwritten before the agent reads them: it says how many, and goes on. */
export const logOverrun: Case = {
  name: 'kernel log overrun',
  run: async (lab, report) => {
    await compareCounts(lab, report);
    const before = await lab.machine.scrape();
    const first = await lab.log.last();
    await lab.machine.run(floodScript);
    const logged = (await lab.log.last()) - first;
    const rise = (scraped: Exposition, name: string): number =>
      sum(scraped, name) - sum(before, name);
    const numbered = (scraped: Exposition): number =>
      rise(scraped, 'nicwatch_kernel_log_records_total') +
      rise(scraped, 'nicwatch_kernel_log_lost_total');
    const after = await scrapeUntil(lab.machine, (scraped) => numbered(scraped) >= logged, 60);
    report.equal('records are lost', rise(after, 'nicwatch_kernel_log_lost_total') > 0, true);
    report.equal('records that were read or lost', numbered(after), logged);
    await compareCounts(lab, report);
  },
};

function sum(scraped: Exposition, name: string): number {
  return scraped.value(name, { source: 'kmsg' }) ?? Number.NaN;
}
