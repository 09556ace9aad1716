import { setTimeout } from 'node:timers/promises';

import { compareCounts } from '../agreement.ts';
import { scrapeUntil } from '../lab.ts';
import { nics } from '../nics.ts';
import { createTransmitter } from '../transmitter.ts';
import type { Case } from './case.ts';
import { expectActive, waitForRecords } from './hang.ts';

/** The power is cut while a card hangs. After the next boot the agent tells of it, from its state directory. */
export const powerCut: Case = {
  name: 'power cut while e1000e hangs',
  run: async (lab, report) => {
    const nic = nics.eno1;
    const transmitter = createTransmitter(lab.machine, nic);
    const mark = await lab.log.mark();
    await transmitter.keepSending();
    await transmitter.keepHung();
    await expectActive(lab, report, { nic, mark });
    await waitForRecords(lab, { nic, mark: await lab.log.mark(), event: 'unit_hang' }, 30);
    await compareCounts(lab, report);
    const counts = await lab.log.counts();
    // The agent writes an event to the disk within 100 ms, on a machine that has time for it.
    await setTimeout(3000);
    await lab.cutPower();
    const exposition = await scrapeUntil(
      lab.machine,
      (scraped) => scraped.samples('nic_previous_boot_kernel_events').length > 0,
    );
    for (const [key, count] of counts) {
      const [device = '', event = ''] = key.split(' ');
      const seen = exposition.value('nic_previous_boot_kernel_events', { device, event });
      // More may have been logged until then.
      report.equal(
        `previous boot: ${key}, at least`,
        seen !== undefined && seen >= count ? count : seen,
        count,
      );
    }
    report.equal(
      'nic_hang_active after the boot',
      exposition.value('nic_hang_active', { device: nic.name }),
      0,
    );
    await compareCounts(lab, report);
  },
};
