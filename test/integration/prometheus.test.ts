import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { fetchFrom } from '../support/fetch.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { startPrometheus } from '../support/prometheus-process.ts';
import type { PrometheusProcess } from '../support/prometheus-process.ts';
import { checkMetrics } from '../support/promtool.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';

const hosts = new URL('../hosts/', import.meta.url);
const problem = namespaceProblem('ethtool', 'prometheus');
const promtoolProblem = commandProblem('promtool');
/** How long Prometheus scrapes the agent; overridden where a longer look is wanted. */
const scrapeSeconds = Number(process.env['NICWATCH_TEST_SCRAPE_SECONDS'] ?? '10');

describe.skipIf(problem !== undefined)(`Prometheus${skipNote(problem)}`, () => {
  let namespace: Namespace;
  let agent: AgentProcess;
  let prometheus: PrometheusProcess;

  // Another try has a history of its own.
  beforeEach(async () => {
    namespace = await createNamespace();
    await namespace.ip('link add stays0 type veth peer stays1');
    agent = await startAgent({ namespace, flags: ['--device.include=stays.|plug.'] });
    prometheus = await startPrometheus({
      namespace,
      configuration: `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: nicwatch
    static_configs: [{ targets: ['${new URL(agent.url).host}'] }]
`,
    });
  });

  afterEach(async () => {
    await prometheus?.stop();
    await agent?.stop();
    await namespace?.delete();
  });

  test(
    `scrapes the agent every second for ${scrapeSeconds} s without a failure`,
    async () => {
      await waitForValues('count_over_time(up[1h])', (count = 0) => count >= 3);

      await namespace.ip('link add plug0 type veth peer plug1');
      await waitForValues('nic_link_up{device="plug0"}', (value) => value === 0);
      await namespace.ip('link delete plug0');
      await waitForValues('nic_link_up{device="plug0"}', (value) => value === undefined);
      await namespace.ip('link add plug0 type veth peer plug1');
      await waitForValues('nic_link_up{device="plug0"}', (value) => value === 0);

      await waitForValues('count_over_time(up[1h])', (count = 0) => count >= scrapeSeconds);
      expect(await prometheus.query('min_over_time(up[1h])')).toEqual([1]);
      expect(await prometheus.query('min_over_time(scrape_samples_scraped[1h]) > bool 50')).toEqual(
        [1],
      );
      expect(await prometheus.query('max_over_time(scrape_duration_seconds[1h]) < bool 1')).toEqual(
        [1],
      );
      expect(await prometheus.query('min_over_time(nicwatch_collector_success[1h]) == 0')).toEqual(
        [],
      );
      expect(await prometheus.query('changes(nic_link_up{device="stays0"}[1h])')).toEqual([0]);
      expect(await prometheus.query('nic_rx_packets_total{device="stays0"}')).toEqual([0]);
      // Only OpenMetrics names a counter without its suffix.
      const metadata = `${prometheus.url}/api/v1/metadata?metric=nic_rx_packets`;
      expect((await fetchFrom(namespace.name, metadata)).text).toContain('"type":"counter"');
      expect(
        prometheus
          .log()
          .split('\n')
          .filter((line) => /level=(?:warn|error)/.test(line) && /scrape|append/i.test(line)),
      ).toEqual([]);
      expect(agent.stderr()).not.toContain('level=error');
    },
    (scrapeSeconds + 40) * 1000,
  );

  /** Waits until a query that gives one series, or none, gives this value. */
  async function waitForValues(
    expression: string,
    accept: (value: number | undefined) => boolean,
  ): Promise<void> {
    await vi.waitFor(
      async () => {
        const [value] = await prometheus.query(expression);
        expect({ expression, value }).toSatisfy(() => accept(value));
      },
      { timeout: (scrapeSeconds + 20) * 1000, interval: 500 },
    );
  }
});

describe.skipIf(promtoolProblem !== undefined)(`promtool${skipNote(promtoolProblem)}`, () => {
  test('accepts the metrics of this machine', async () => {
    const agent = await startAgent({ flags: ['--collector.wire', '--collector.netns'] });
    try {
      const { text } = await agent.freshScrape();
      expect(await checkMetrics(text)).toEqual({ exitCode: 0, complaints: [] });
    } finally {
      await agent.stop();
    }
  });

  test.each(goldenFiles())('has nothing to say of %s', async (name) => {
    const text = readFileSync(new URL(name, hosts), 'utf8');
    expect(await checkMetrics(text)).toEqual({ exitCode: 0, complaints: [] });
  });
});

/** Paths of the golden files of all recorded hosts. */
function goldenFiles(): readonly string[] {
  return readdirSync(hosts).flatMap((host) =>
    readdirSync(new URL(`${host}/golden/`, hosts)).map((file) => `${host}/golden/${file}`),
  );
}
