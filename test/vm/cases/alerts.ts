import { setTimeout } from 'node:timers/promises';

import { startAlerting } from '../../support/alerting.ts';
import { createPrometheusApi } from '../../support/prometheus-api.ts';
import type { PrometheusApi } from '../../support/prometheus-api.ts';
import { commandProblem } from '../../support/requirements.ts';
import { compareCounts } from '../agreement.ts';
import type { Lab } from '../lab.ts';
import { nics } from '../nics.ts';
import type { Report } from '../report.ts';
import { createTransmitter } from '../transmitter.ts';
import type { Case } from './case.ts';
import { expectOthersWell, expectRecovered, waitForRecords } from './hang.ts';

const problem = commandProblem('prometheus', 'prometheus-alertmanager');
/** Long enough for the alert that waits for a minute. */
const hangSeconds = 100;
/** From the record to the webhook: a scrape, an evaluation, and what Alertmanager waits. */
const pageSeconds = 60;
/** Alerts of a hang that goes on. Whether the kernel's watchdog fires, and how often the driver resets the card, is up to them. */
const expected = ['NICHardwareUnitHang', 'NICHangActive'];
const possible = [...expected, 'NICTransmitStalled', 'NICTransmitTimeout', 'NICAdapterResetLoop'];

/** A card hangs for good, under the eyes of Prometheus and Alertmanager with the configuration of the examples. */
export const alerts: Case = {
  name: 'e1000e hanging for good, with Prometheus and Alertmanager',
  run: async (lab, report) => {
    if (problem !== undefined) {
      throw new Error(problem);
    }
    const { prometheus, webhook, stop } = await startAlerting({
      scrapeConfigs: `  - job_name: nicwatch
    static_configs:
      - { targets: ['${lab.machine.agentAddress}'], labels: { node: guest, instance: guest } }
`,
    });
    try {
      const api = createPrometheusApi(prometheus.url);
      await untilEvaluated(api);
      const before = await firing(api);
      const { page, fired } = await watchHang(lab, report, api, () =>
        webhook.received({ alertname: 'NICHardwareUnitHang' }),
      );
      report.within('page of NICHardwareUnitHang after the record', page, pageSeconds);
      const named = [...fired.keys()].filter((alert) => !before.has(alert));
      for (const name of expected) {
        report.equal(`fires: ${name}`, named.includes(`${name} ${nics.eno1.name}`), true);
      }
      report.equal(
        'fires besides',
        named
          .filter((alert) => !possible.some((name) => alert === `${name} ${nics.eno1.name}`))
          .join(', '),
        '',
      );
      for (const alert of named) {
        report.observations.alerts.push({ alert, seconds: Math.round(fired.get(alert) ?? 0) });
      }
      if (page !== undefined) {
        report.observations.alerts.push({ alert: 'page', seconds: Math.round(page) });
      }
    } finally {
      await stop();
    }
    await compareCounts(lab, report);
  },
};

/** Seconds from the first hang record to the page, and to each alert as Prometheus says it fires. */
interface Watched {
  readonly page: number | undefined;
  readonly fired: ReadonlyMap<string, number>;
}

async function watchHang(
  lab: Lab,
  report: Report,
  api: PrometheusApi,
  pages: () => readonly Readonly<{ receivedAt: number }>[],
): Promise<Watched> {
  const nic = nics.eno1;
  const transmitter = createTransmitter(lab.machine, nic);
  const mark = await lab.log.mark();
  await transmitter.keepSending();
  await transmitter.keepHung();
  const [first] = await waitForRecords(lab, { nic, mark, event: 'unit_hang' }, 60);
  if (first === undefined) {
    throw new Error('the driver logs no hang');
  }
  const fired = new Map<string, number>();
  for (const end = first.at + hangSeconds * 1000; Date.now() < end; await setTimeout(1000)) {
    for (const alert of await firing(api)) {
      fired.set(alert, fired.get(alert) ?? (Date.now() - first.at) / 1000);
    }
  }
  await transmitter.recover();
  await expectRecovered(lab, report, { nic, after: Date.now() });
  await transmitter.stopSending();
  expectOthersWell(lab, report, { cards: [nic], mark });
  const [page] = pages();
  return { page: page && (page.receivedAt - first.at) / 1000, fired };
}

/** Names and devices of the alerts that fire. */
async function firing(api: PrometheusApi): Promise<ReadonlySet<string>> {
  const series = await api.query('ALERTS{alertstate="firing"}', Date.now() / 1000);
  return new Set(
    series.map(({ labels }) => `${labels['alertname'] ?? ''} ${labels['device'] ?? ''}`.trim()),
  );
}

/** Until what is always so has fired. */
async function untilEvaluated(api: PrometheusApi): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const [count] = await api.query('count_over_time(up[5m])', Date.now() / 1000);
    if ((count?.value ?? 0) >= 2) {
      return;
    }
    await setTimeout(1000);
  }
}
