import { setInterval } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import runbooks from '../../runbooks.json' with { type: 'json' };
import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { startAlerting } from '../support/alerting.ts';
import type { Alerting } from '../support/alerting.ts';
import { tieDeadLoop } from '../support/dead-loop.ts';
import type { DeadLoop } from '../support/dead-loop.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { playPagingStory } from '../support/paging-story.ts';
import type { PagingTimes } from '../support/paging-story.ts';
import { createRecordedMachine } from '../support/recorded-machine.ts';
import type { RecordedMachine } from '../support/recorded-machine.ts';
import { debianHost, readKmsgRecording } from '../support/recordings.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';
import { runbookPages, runbookQueries } from '../support/runbooks.ts';
import type { NotifiedAlert } from '../support/webhook.ts';

const problem = namespaceProblem('prometheus', 'prometheus-alertmanager');
const hang = readKmsgRecording('hang-eno1-persist');

/** Agents, Prometheus and Alertmanager are real; each test begins where the one before it ended. */
describe.skipIf(problem !== undefined)(`alerts${skipNote(problem)}`, () => {
  let alerting: Alerting;
  let machine: RecordedMachine;
  let recorded: AgentProcess;
  let real: AgentProcess;
  let namespace: Namespace;
  let loop: DeadLoop;

  /** In real time beside the others, which make haste. */
  let pages: Promise<PagingTimes> | undefined;

  beforeAll(async () => {
    pages = playPagingStory();
    // Awaited by the last test; a failure before that is its failure.
    pages.catch(() => undefined);
    machine = createRecordedMachine(debianHost);
    namespace = await createNamespace();
    recorded = await startAgent({
      ...machine.agent,
      flags: [...machine.agent.flags, '--device.include=eno1'],
    });
    real = await startAgent();
    alerting = await startAlerting({
      isHasty: true,
      scrapeConfigs: `  - job_name: nicwatch
    static_configs:
      - { targets: ['${new URL(recorded.url).host}'], labels: { node: node-a, instance: node-a } }
      - { targets: ['${new URL(real.url).host}'], labels: { node: node-b, instance: node-b } }
`,
    });
    await vi.waitFor(
      async () => {
        const scrapes = await alerting.prometheus.query(
          'count_over_time(nicwatch_state_persistent[1h])',
        );
        if (scrapes.filter((count) => count >= 2).length < 2) {
          throw new Error(`scrapes so far: ${scrapes.join(', ')}`);
        }
      },
      { timeout: 20_000, interval: 500 },
    );
  });

  afterAll(async () => {
    await alerting?.stop();
    await Promise.all([recorded?.stop(), real?.stop()]);
    await namespace?.delete();
    machine?.delete();
  });

  test('an alert inhibits the alerts it explains, and none on another node', async () => {
    const labels = { job: 'nicwatch', device: 'eno1' };
    const stalled = { ...labels, alertname: 'NICTransmitStalled' };
    const east = { cluster: 'east' };
    await alerting.alertmanager.post([
      { ...labels, alertname: 'NICHangActive', instance: 'node-x', node: 'node-x' },
      { ...stalled, instance: 'node-x', node: 'node-x' },
      { ...stalled, instance: 'node-y', node: 'node-y' },
      // Of a scrape that gives no node.
      { ...stalled, instance: 'node-z' },
      { alertname: 'NICHangActive', ...labels, instance: 'node-w' },
      { alertname: 'CrossNodeFailureFromOneSource', source_node: 'node-x', node: 'node-x' },
      { alertname: 'CrossNodeGRPCFailures', source_node: 'node-x', dest_node: 'node-y' },
      { alertname: 'CrossNodeGRPCFailures', source_node: 'node-y', dest_node: 'node-x' },
      // A node that is lost, and one that only cannot be scraped.
      { alertname: 'NICNodeLostAfterHang', ...labels, instance: 'node-v', node: 'node-v' },
      { alertname: 'NICNodeLostExposed', ...labels, instance: 'node-v', node: 'node-v' },
      { alertname: 'NICWatchDown', job: 'nicwatch', instance: 'node-v', node: 'node-v' },
      { alertname: 'NICWatchDown', job: 'nicwatch', instance: 'node-u', node: 'node-u' },
      // One destination that is down in another cluster, and what it explains.
      {
        ...east,
        alertname: 'CrossNodeFailureToOneDestination',
        dest_node: 'node-d',
        node: 'node-d',
      },
      { ...east, alertname: 'CrossNodeGRPCFailures', source_node: 'node-a', dest_node: 'node-d' },
      { ...east, alertname: 'CrossNodeGRPCFailures', source_node: 'node-d', dest_node: 'node-a' },
      // A sender, its victims in its cluster, and one in a cluster without.
      {
        alertname: 'CrossNodeSourceFailing',
        source_node: 'node-s',
        cluster: 'west',
        node: 'node-s',
      },
      {
        alertname: 'CrossNodeFailureFromOneSource',
        source_node: 'node-s',
        cluster: 'west',
        node: 'node-s',
      },
      { alertname: 'NICStackChecksumErrors', cluster: 'west', instance: 'node-t', node: 'node-t' },
      { ...east, alertname: 'NICStackChecksumErrors', instance: 'node-t', node: 'node-t' },
      // What is known of it, and what it is accused of.
      { ...east, alertname: 'NICKnownIssueExposed', instance: 'node-d', node: 'node-d' },
    ]);
    await notified({ alertname: 'NICTransmitStalled', instance: 'node-y' });
    await notified({ alertname: 'NICTransmitStalled', instance: 'node-z' });
    await notified({ alertname: 'CrossNodeGRPCFailures', source_node: 'node-y' });
    await notified({ alertname: 'NICWatchDown', instance: 'node-u' });
    await notified({ alertname: 'CrossNodeGRPCFailures', source_node: 'node-d' });
    await notified({ alertname: 'NICStackChecksumErrors', cluster: 'east' });
    const accusation = await notified({ alertname: 'CrossNodeFailureToOneDestination' });
    const cause = await notified({ alertname: 'NICKnownIssueExposed', node: 'node-d' });
    expect(cause?.group).toEqual(accusation?.group);
    const muted = await alerting.alertmanager.muted();
    expect(muted).toHaveLength(7);
    expect(muted).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ alertname: 'NICTransmitStalled', node: 'node-x' }),
        expect.objectContaining({ alertname: 'CrossNodeGRPCFailures', source_node: 'node-x' }),
        expect.objectContaining({ alertname: 'NICNodeLostExposed', node: 'node-v' }),
        expect.objectContaining({ alertname: 'NICWatchDown', node: 'node-v' }),
        expect.objectContaining({ alertname: 'CrossNodeGRPCFailures', dest_node: 'node-d' }),
        expect.objectContaining({ alertname: 'CrossNodeFailureFromOneSource', node: 'node-s' }),
        expect.objectContaining({ alertname: 'NICStackChecksumErrors', cluster: 'west' }),
      ]),
    );
  });

  test('a recorded hang, rising checksum errors and a true dead loop reach their receivers', async () => {
    const ending = new AbortController();
    loop = await tieDeadLoop(namespace);
    // Fewer than ten in five seconds: the kernel writes down every one.
    const sending = loop.keepSending(600, ending.signal);
    const counting = countChecksumErrors(ending.signal);
    for (const record of hang) {
      machine.log(record);
    }

    const unitHang = await notified({ alertname: 'NICHardwareUnitHang', node: 'node-a' });
    expect(unitHang).toMatchObject({
      path: '/pager/alertmanager',
      labels: {
        severity: 'critical',
        job: 'nicwatch',
        instance: 'node-a',
        device: 'eno1',
        driver: 'e1000e',
        event: 'unit_hang',
      },
      annotations: {
        summary: 'The transmitter of eno1 on node-a hung.',
        description: expect.stringMatching(/Records since boot: 9\.$/),
        runbook_url: `${runbooks.address}/NICHardwareUnitHang.md`,
      },
      group: { node: 'node-a' },
    });
    for (const alertname of ['NICTransmitTimeout', 'NICAdapterResetLoop', 'NICHangActive']) {
      expect(await notified({ alertname, node: 'node-a', device: 'eno1' })).toMatchObject({
        path: '/pager/alertmanager',
        labels: { severity: 'critical' },
        annotations: { runbook_url: `${runbooks.address}/${alertname}.md` },
      });
    }

    expect(await notified({ alertname: 'NICChecksumErrors', node: 'node-a' })).toMatchObject({
      path: '/pager/alertmanager',
      labels: { severity: 'warning', device: 'eno1', instance: 'node-a' },
      annotations: {
        summary: 'eno1 on node-a receives packets with wrong checksums.',
        description: expect.stringMatching(/ [1-9][\d.]* in the past five minutes\./),
      },
    });

    const [blamed] = await vi.waitFor(
      () => {
        const devices = loop.devices.filter(
          (device) =>
            alerting.webhook.received({ alertname: 'NICDeadLoopSustained', device }).length > 0,
        );
        expect(devices).not.toEqual([]);
        return devices;
      },
      { timeout: 40_000, interval: 200 },
    );
    expect(
      await notified({ alertname: 'NICDeadLoopSustained', device: blamed ?? '' }),
    ).toMatchObject({
      path: '/tickets/alertmanager',
      labels: { severity: 'warning', node: 'node-b', instance: 'node-b', event: 'dead_loop' },
      annotations: { summary: `Packets loop in the virtual device ${blamed} on node-b.` },
    });

    ending.abort();
    await Promise.all([sending, counting]);
    await loop.untie();
  }, 60_000);

  test('past problems are resolved, and a killed agent fires NICWatchDown', async () => {
    // The transmitter sends again.
    machine.setAttribute('eno1', 'statistics/tx_packets', 4711);
    for (const [alertname, node] of [
      ['NICHardwareUnitHang', 'node-a'],
      ['NICChecksumErrors', 'node-a'],
      ['NICDeadLoopSustained', 'node-b'],
    ] as const) {
      await notified({ alertname, node }, 'resolved');
    }
    // Up while the other one lasts: a hang counts as one for thirty seconds after its last record.
    await real.kill();
    expect(await notified({ alertname: 'NICWatchDown', node: 'node-b' })).toMatchObject({
      path: '/tickets/alertmanager',
      labels: { severity: 'warning', job: 'nicwatch', instance: 'node-b' },
      annotations: {
        summary: 'nicwatch cannot be scraped on node-b.',
        runbook_url: `${runbooks.address}/NICWatchDown.md`,
      },
    });
    await notified({ alertname: 'NICHangActive', node: 'node-a' }, 'resolved');
    expect(alerting.webhook.received({ alertname: 'NICWatchDown', node: 'node-a' })).toEqual([]);
  }, 60_000);

  test('Prometheus answers every query of the runbooks', async () => {
    const queries = runbookPages().flatMap(([, page]) => runbookQueries(page));
    expect(queries.length).toBeGreaterThan(20);
    const answers = await Promise.all(
      queries.map(async (query) => alerting.prometheus.query(query)),
    );
    expect(answers.filter((values) => values.length > 0)).not.toEqual([]);
  });

  test('Prometheus and Alertmanager log no warnings', () => {
    const complaints = [
      ...alerting.prometheus.log().split('\n'),
      ...alerting.alertmanager.log().split('\n'),
    ].filter((line) => /level=(?:warn|error)/.test(line));
    expect(complaints).toEqual([]);
  });

  test('critical alerts page within a minute, and a lost node within ninety seconds', async () => {
    const story = pages ?? playPagingStory();
    // Another try plays it anew.
    pages = undefined;
    const { hang: seconds, nextFault, lostNode, besides } = await story;
    expect(seconds).toBeLessThan(60);
    expect(nextFault).toBeLessThan(60);
    expect(lostNode).toBeLessThan(90);
    expect(besides).toEqual(besides.filter((name) => name === 'NICHangActive'));
  }, 200_000);

  async function countChecksumErrors(signal: AbortSignal): Promise<void> {
    let errors = 0;
    try {
      for await (const _ of setInterval(300, undefined, { signal })) {
        errors += 1;
        machine.setStatistic('eno1', 'rx_csum_offload_errors', errors);
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  /** The first notification of an alert with these labels in this state. */
  async function notified(
    labels: Readonly<Record<string, string>>,
    status: 'firing' | 'resolved' = 'firing',
  ): Promise<NotifiedAlert | undefined> {
    return vi.waitFor(
      () => {
        const found = alerting.webhook.received(labels).find((alert) => alert.status === status);
        expect(found, `${labels['alertname']} ${status}`).toBeDefined();
        return found;
      },
      { timeout: 40_000, interval: 200 },
    );
  }
});
