import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { thresholds } from '../../dashboards/promql/thresholds.ts';
import { panelsOf, readDashboard } from '../support/dashboard-file.ts';
import type { DashboardFile, QueryPanel, Target } from '../support/dashboard-file.ts';
import { scrapeSeconds, startDashboardLab } from '../support/dashboard-lab.ts';
import type { DashboardLab } from '../support/dashboard-lab.ts';
import { createPrometheusApi } from '../support/prometheus-api.ts';
import type { Series } from '../support/prometheus-api.ts';
import { startPrometheus } from '../support/prometheus-process.ts';
import { interpolate, stepSeconds, timeVariables } from '../support/grafana-variables.ts';
import type { QueryTimes, VariableValues } from '../support/grafana-variables.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

/** Of `device:nic_state:code`. */
const hangs = 10;
const problem = commandProblem('prometheus', 'promtool', 'ethtool');

const fleet = readDashboard('fleet');
const node = readDashboard('node');
const crossNode = readDashboard('cross-node');
/** What is chosen at the top of each. */
const all: VariableValues = { cluster: '.*', node: '.*', device: '.*' };
const hungDevice: VariableValues = { cluster: '.*', node: 'node-03', device: 'eno1' };
const allPairs: VariableValues = {
  cluster: '.*',
  source_node: '.*',
  dest_node: '.*',
};

const noWire = 'no node here verifies checksums';
const noProbes = 'no node here probes others';
/** Queries that give nothing here, and why. */
const mayBeEmpty: Readonly<Record<string, string>> = {
  'cross-node: Guilty nodes (E)': noWire,
  'cross-node: Corrupt packets, worst pairs (A)': noWire,
  ...Object.fromEntries(
    ['A', 'B', 'C', 'D', 'E'].map((refId) => [`cross-node: Sampling (${refId})`, noWire]),
  ),
  'cross-node: Retransmitted probes by network (A)': noProbes,
  ...Object.fromEntries(
    ['A', 'B', 'C', 'D', 'E'].map((refId) => [`cross-node: Probe coverage (${refId})`, noProbes]),
  ),
  'fleet: Nodes reporting (A)': 'not all nodes report',
  'fleet: Agents that are blind (A)': 'every agent sees all',
  'node: Scraped (B)': 'the node is scraped',
  'node: Checksum errors of the stack (B)': 'no node here reads the namespaces of pods',
  'node: Transmit timeouts and kernel events (C)': 'e1000e does not count its resets',
  'node: Flags that are not as requested (A)': 'no device here has a flag that is not as requested',
};

describe.skipIf(problem !== undefined)(`dashboards on Prometheus${skipNote(problem)}`, () => {
  let lab: DashboardLab;
  /** The end of the time range, in seconds since the epoch; it began an hour before. */
  let now: number;

  beforeAll(async () => {
    lab = await startDashboardLab();
    now = await lab.untilAlertsFire();
  }, 90_000);

  afterAll(async () => {
    await lab?.stop();
  });

  describe.each([
    ['fleet', fleet, all],
    ['node', node, hungDevice],
    ['cross-node', crossNode, allPairs],
  ] as const)('%s', (name, file, values) => {
    const targets = panelsOf(file).flatMap((panel) =>
      panel.targets.map((target) => [`${panel.title} (${target.refId})`, panel, target] as const),
    );

    test.each(targets)('%s returns data', async (where, panel, target) => {
      expect(await run(panel, target, values)).toSatisfy(isExpected(`${name}: ${where}`));
    });

    test.each(file.annotations.list)(
      'annotation $name gives something',
      async ({ name: title, expr, step }) => {
        const times = timesOf({ minInterval: Number.parseInt(step ?? '', 10) });
        const query = interpolate(expr, { ...values, ...timeVariables(times) });
        const series = await lab.prometheus.queryRange(query, {
          ...times,
          step: stepSeconds(times),
        });
        expect(series).toSatisfy(isExpected(`${name}: annotation ${title}`));
      },
    );

    test.each(file.templating.list.slice(1, -1))('variable $name has values', async ({ query }) => {
      expect(await valuesOf(query, values)).not.toEqual([]);
    });
  });

  describe('cross-node shows the guilty node', () => {
    test('by a red row of the matrix, the first, and no other', async () => {
      const { guilty, nodes } = lab.story;
      const cells = await table(crossNode, 'Failure ratio, source (row) by destination (column)');
      const red = cells.filter(({ value }) => value > thresholds.pairFailureRatio);
      expect(new Set(red.map(({ labels }) => labels['source_node']))).toEqual(new Set([guilty]));
      expect(new Set(red.map(({ labels }) => labels['dest_node']))).toEqual(
        new Set(nodes.filter((name) => name !== guilty)),
      );
      expect(cells).toHaveLength(12 * 11);
      expect(cells[0]?.labels['source_node']).toBe(guilty);
    });

    test('with its name, side and start time, and no other node', async () => {
      const { guilty, failingSince } = lab.story;
      const [failing, ...others] = await table(crossNode, 'Guilty nodes');
      expect(others).toEqual([]);
      expect(failing?.labels).toEqual({ cluster: 'lab', node: guilty, side: 'source' });
      expect(failing?.value).toBeGreaterThan(1);
      const [share] = await table(crossNode, 'Guilty nodes', 'C');
      expect(share).toEqual({ labels: failing?.labels, value: 1 });
      const [since] = await table(crossNode, 'Guilty nodes', 'D');
      expect(since?.labels).toEqual(failing?.labels);
      expect(Math.abs((since?.value ?? 0) / 1000 - failingSince)).toBeLessThan(600);
    });

    test('as the first of those by failing calls', async () => {
      const [first, second] = (await table(crossNode, 'By source')).toSorted(
        (one, other) => other.value - one.value,
      );
      expect(first?.labels).toEqual({ cluster: 'lab', source_node: lab.story.guilty });
      expect(first?.value).toBeGreaterThan(10 * (second?.value ?? 0));
    });

    test('by its driver and firmware, and by what was changed before', async () => {
      const { guilty, switchedOnAt, failingSince } = lab.story;
      const nics = await table(crossNode, 'NICs of the guilty sources');
      expect(nics.map(({ labels }) => labels)).toContainEqual(
        expect.objectContaining({
          node: guilty,
          device: 'eno1',
          driver: 'e1000e',
          firmware_version: '2.1-0',
        }),
      );
      expect(new Set(nics.map(({ labels }) => labels['node']))).toEqual(new Set([guilty]));
      const [change, ...others] = await table(crossNode, 'What changed on them');
      expect(others).toEqual([]);
      expect(change?.labels).toEqual({
        cluster: 'lab',
        node: guilty,
        device: 'eno1',
        change: 'tx-tcp-segmentation switched on',
      });
      const changedAt = (change?.value ?? 0) / 1000;
      expect(Math.abs(changedAt - switchedOnAt)).toBeLessThan(60);
      expect(changedAt).toBeLessThan(failingSince);
    });

    test('and none if another cluster is selected', async () => {
      const elsewhere = { ...all, ...allPairs, cluster: 'other' };
      expect(await table(crossNode, 'Guilty nodes', 'C', elsewhere)).toEqual([]);
      expect(
        await table(crossNode, 'Guilty nodes', 'C', { ...elsewhere, cluster: 'lab' }),
      ).toHaveLength(1);
    });
  });

  describe('fleet shows current problems', () => {
    test('on which node and device, with which driver, since when', async () => {
      const { hanging, hangingSince } = lab.story;
      const found = await table(fleet, 'What is wrong now');
      const hang = found.find(({ labels }) => labels['problem'] === 'transmitter hangs');
      expect(hang?.labels).toEqual({
        cluster: 'lab',
        node: hanging,
        device: 'eno1',
        driver: 'e1000e',
        firmware_version: '2.1-0',
        card: 'e1000e 2.1-0',
        problem: 'transmitter hangs',
        severity: 'critical',
        rank: '1',
      });
      expect(Math.abs((hang?.value ?? 0) / 1000 - hangingSince)).toBeLessThan(60);
      const checksums = found.find(({ labels }) => labels['problem'] === 'receives bad checksums');
      expect(Math.abs((checksums?.value ?? 0) / 1000 - hangingSince)).toBeLessThan(60);
      expect(problemsOf(found, hanging)).toEqual(
        expect.arrayContaining([
          'exposed to e1000e-tx-hang-tso',
          'kernel log: adapter_reset',
          'kernel log: tx_timeout',
          'kernel log: unit_hang',
          'receives bad checksums',
          'stack drops bad tcp checksums',
        ]),
      );
    });

    test('by alerts', async () => {
      const alerts = await table(fleet, 'Firing alerts');
      expect(alerts.map(({ labels }) => labels)).toContainEqual(
        expect.objectContaining({
          alertname: 'NICHardwareUnitHang',
          severity: 'critical',
          node: lab.story.hanging,
          device: 'eno1',
        }),
      );
    });

    test('of flags that were switched, and that differ in a group of drivers', async () => {
      const { guilty, hanging } = lab.story;
      const changed = await table(fleet, 'What changed');
      expect(changed.map(({ labels }) => `${labels['node']} ${labels['change']}`)).toEqual(
        expect.arrayContaining([
          `${guilty} tx-tcp-segmentation switched on`,
          `${hanging} tx-tcp-segmentation switched off`,
        ]),
      );
      const differing = await table(fleet, 'Offload flags that differ');
      expect(differing).toEqual([
        {
          labels: {
            cluster: 'lab',
            node: hanging,
            device: 'eno1',
            driver: 'e1000e',
            feature: 'tx-tcp-segmentation',
          },
          value: 0,
        },
      ]);
    });

    test('of nodes that cannot be scraped, with their last state', async () => {
      const { unreachable, lostAt } = lab.story;
      const [row, ...others] = await table(fleet, 'Nodes that do not report');
      expect(others).toEqual([]);
      expect(row).toEqual({
        labels: { cluster: 'lab', node: unreachable, device: 'eno1' },
        value: hangs,
      });
      const [silent] = await table(fleet, 'Nodes that do not report', 'B');
      expect(silent).toEqual({ labels: row?.labels, value: 1000 * lostAt });
      const found = await table(fleet, 'What is wrong now');
      expect(problemsOf(found, unreachable)).toEqual(['lost after a hang']);
      expect(problemsOf(found, lab.story.guilty)).toEqual(
        expect.arrayContaining(['calls from it fail']),
      );
      const counts = ['B', 'C'].map(async (refId) => table(fleet, 'Nodes reporting', refId));
      expect((await Promise.all(counts)).flat().map(({ value }) => value)).toEqual([3, 4]);
    });
  });

  test('node shows only the most severe state of a device', async () => {
    const states = await table(node, 'State', 'A', hungDevice);
    expect(states.map(({ value }) => value)).toEqual([hangs]);
  });

  describe('node for a node that is gone', () => {
    test.each(['Identity', 'State', 'Last kernel event', 'Booted', 'Known issues'])(
      '%s is what it said last',
      async (title) => {
        const values = { ...hungDevice, node: lab.story.unreachable };
        expect(await table(node, title, 'A', values)).not.toEqual([]);
      },
    );

    test('shows since when it has not been scraped', async () => {
      const values = { ...hungDevice, node: lab.story.unreachable };
      expect(await table(node, 'Scraped', 'A', values)).toEqual([]);
      const [since] = await table(node, 'Scraped', 'B', values);
      expect(Math.abs((since?.value ?? 0) / 1000 - lab.story.lostAt)).toBeLessThan(60);
    });
  });

  test('an empty Prometheus is distinguishable from a healthy fleet', async () => {
    const empty = await startPrometheus({ configuration: 'global: {}\n' });
    try {
      const blind = createPrometheusApi(empty.url);
      const times = timeVariables(timesOf({}));
      const ask = async (title: string, refId = 'A') =>
        blind.query(
          interpolate(targetOf(fleet, title, refId)[1].expr, { ...all, ...times }),
          Date.now() / 1000,
        );
      const [row] = await ask('What is wrong now');
      expect(row?.labels).toMatchObject({ problem: 'No agent reports', rank: '1' });
      const [silent] = await ask('Nodes that do not report');
      expect(silent?.labels).toMatchObject({ node: 'No agent reports' });
      // Not one green zero.
      for (const title of ['Nodes reporting', 'Hangs', 'Exposed', 'Senders', 'Alerts']) {
        expect(await ask(title), title).toEqual([]);
      }
    } finally {
      await empty.stop();
    }
  });

  async function valuesOf(query: string, values: VariableValues): Promise<readonly string[]> {
    const [, series = '', label = ''] = /^label_values\((.+), (\w+)\)$/s.exec(query) ?? [];
    return lab.prometheus.labelValues(label, interpolate(series, values));
  }

  function timesOf(
    options: Partial<Pick<QueryTimes, 'maxDataPoints' | 'minInterval'>>,
  ): QueryTimes {
    return {
      from: now - 3600,
      to: now,
      scrapeInterval: scrapeSeconds,
      maxDataPoints: 1000,
      ...options,
    };
  }

  async function table(
    file: DashboardFile,
    title: string,
    refId = 'A',
    values: VariableValues = { ...all, ...allPairs },
  ): Promise<readonly Series[]> {
    return run(...targetOf(file, title, refId), values);
  }

  /** Asks what Grafana would ask for a panel. */
  async function run(
    { interval, maxDataPoints = 1000 }: QueryPanel,
    { expr, instant }: Target,
    values: VariableValues,
  ): Promise<readonly Series[]> {
    const minInterval = interval === undefined ? undefined : 60 * Number.parseInt(interval, 10);
    const times = timesOf({ maxDataPoints, minInterval });
    const query = interpolate(expr, { ...values, ...timeVariables(times) });
    return instant === true
      ? lab.prometheus.query(query, times.to)
      : lab.prometheus.queryRange(query, { ...times, step: stepSeconds(times) });
  }
});

function targetOf(
  file: DashboardFile,
  title: string,
  refId: string,
): readonly [QueryPanel, Target] {
  const panel = panelsOf(file).find((candidate) => candidate.title === title);
  const target = panel?.targets.find((candidate) => candidate.refId === refId);
  if (panel === undefined || target === undefined) {
    throw new Error(`no query ${refId} of a panel ${title}`);
  }
  return [panel, target];
}

function problemsOf(series: readonly Series[], name: string): readonly (string | undefined)[] {
  return series
    .filter(({ labels }) => labels['node'] === name)
    .map(({ labels }) => labels['problem']);
}

/** Whether there is something, or a reason is listed why there need not be. */
function isExpected(where: string): (series: readonly Series[]) => boolean {
  return ({ length }) => length > 0 || where in mayBeEmpty;
}
