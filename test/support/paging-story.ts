import { setTimeout } from 'node:timers/promises';

import { startAlerting } from './alerting.ts';
import { startSimulatedFleet } from './simulated-fleet.ts';
import type { NotifiedAlert } from './webhook.ts';

/** Seconds from an event to its page. */
export interface PagingTimes {
  /** A hang of a node that was well. */
  readonly hang: number;
  /** A fault of a node that is paging already. */
  readonly nextFault: number;
  /** A node that is gone after a hang, from its last scrape. */
  readonly lostNode: number;
  /** What else there was for the lost node, by name. */
  readonly besides: readonly string[];
}

const driver = 'driver="e1000e"';

/** Plays a hang and a node that is lost to a real Prometheus and Alertmanager with the intervals of the examples. */
export async function playPagingStory(): Promise<PagingTimes> {
  const fleet = await startSimulatedFleet(2);
  const [hanging, lost] = [fleet.node('node-01'), fleet.node('node-02')];
  const { webhook, stop } = await startAlerting({ scrapeConfigs: fleet.scrapeConfigs('lab') });
  const page = async (alertname: string, node: string): Promise<NotifiedAlert> =>
    waitFor(`a page of ${alertname}`, () =>
      webhook.received({ alertname, node }).find(({ path }) => path.startsWith('/pager')),
    );
  const happen = (node: typeof hanging, event: string): number => {
    const now = Date.now();
    node.add(`nic_kernel_events_total{device="eno1",${driver},event="${event}"}`, 1);
    node.set(
      `nic_kernel_event_last_timestamp_seconds{device="eno1",${driver},event="${event}"}`,
      now / 1000,
    );
    return now;
  };
  try {
    await waitFor('first scrapes', () => hanging.scrapedAt() !== undefined && lost.scrapedAt());
    const hungAt = happen(hanging, 'unit_hang');
    lost.set('nic_hang_active{device="eno1"}', 1);
    const lastScrapeAt = await waitFor('a scrape of the hang', () => {
      const scrapedAt = lost.scrapedAt() ?? 0;
      return scrapedAt > hungAt ? scrapedAt : undefined;
    });
    lost.setReachable(false);
    const lostPage = page('NICNodeLostAfterHang', lost.name);
    const hangPage = await page('NICHardwareUnitHang', hanging.name);
    const faultAt = happen(hanging, 'firmware_fault');
    const [lostNode, nextFault] = [await lostPage, await page('NICFirmwareFault', hanging.name)];
    return {
      hang: (hangPage.receivedAt - hungAt) / 1000,
      nextFault: (nextFault.receivedAt - faultAt) / 1000,
      lostNode: (lostNode.receivedAt - lastScrapeAt) / 1000,
      besides: webhook
        .received({ node: lost.name })
        .flatMap(({ labels: { alertname = '' } }) =>
          alertname === 'NICNodeLostAfterHang' ? [] : [alertname],
        ),
    };
  } finally {
    await stop();
    await fleet.close();
  }
}

async function waitFor<T>(what: string, find: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 150_000; ; await setTimeout(100)) {
    const found = find();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${what}`);
    }
  }
}
