import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { thresholds } from '../../dashboards/promql/thresholds.ts';
import { panelsOf, readDashboard } from '../support/dashboard-file.ts';
import type { DashboardFile, QueryPanel, Target } from '../support/dashboard-file.ts';
import { scrapeSeconds, startDashboardLab } from '../support/dashboard-lab.ts';
import type { DashboardLab } from '../support/dashboard-lab.ts';
import type { Series } from '../support/prometheus-api.ts';
import { interpolate, stepSeconds, timeVariables } from '../support/grafana-variables.ts';
import type { QueryTimes, VariableValues } from '../support/grafana-variables.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

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
  worst_source: 'node-07',
  worst_dest: 'node-01',
};

/** Queries that give nothing here, and why. */
const mayBeEmpty: Readonly<Record<string, string>> = {
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

    test.each(targets)('%s gives something', async (where, panel, target) => {
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

    test.each(file.templating.list.slice(1))(
      'variable $name has values',
      async ({ query, regex }) => {
        expect(await valuesOf(query, regex, values)).not.toEqual([]);
      },
    );
  });

  describe('cross-node names the guilty node', () => {
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

    test('by name, as a source, since when, and not by any other', async () => {
      const { guilty, failingSince } = lab.story;
      const [share, ...others] = await table(crossNode, 'Guilty nodes');
      expect(others).toEqual([]);
      expect(share).toMatchObject({ labels: { node: guilty, side: 'source' }, value: 1 });
      const [since] = await table(crossNode, 'Guilty nodes', 'B');
      expect(since?.labels).toEqual(share?.labels);
      expect(Math.abs((since?.value ?? 0) / 1000 - failingSince)).toBeLessThan(600);
    });

    test('by the variable that its facts go by', async () => {
      const { query = '', regex } =
        crossNode.templating.list.find(({ name }) => name === 'worst_source') ?? {};
      expect(await valuesOf(query, regex, allPairs)).toEqual([lab.story.guilty]);
    });

    test('by its driver and firmware, and by what was changed before', async () => {
      const { guilty, switchedOnAt, failingSince } = lab.story;
      const nics = await table(crossNode, 'NICs of the worst source');
      expect(nics.map(({ labels }) => labels)).toContainEqual(
        expect.objectContaining({
          node: guilty,
          device: 'eno1',
          driver: 'e1000e',
          firmware_version: '2.1-0',
        }),
      );
      expect(new Set(nics.map(({ labels }) => labels['node']))).toEqual(new Set([guilty]));
      const [change, ...others] = await table(crossNode, 'What changed on it');
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
  });

  describe('fleet says what is wrong', () => {
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
        problem: 'transmitter hangs',
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
          'stack drops bad tcp checksums: suspect the senders',
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

    test('of agents that cannot be scraped', async () => {
      const blind = await table(fleet, 'Agents missing or blind');
      expect(problemsOf(blind, lab.story.unreachable)).toEqual(['agent cannot be scraped']);
      expect(problemsOf(blind, lab.story.guilty)).toEqual([]);
    });
  });

  test('node shows one state of the device, the worst', async () => {
    const states = await table(node, 'State', 'A', hungDevice);
    expect(states.map(({ value }) => value)).toEqual([4]);
  });

  /** Values of a variable, by the two functions of Grafana that dashboards here use. */
  async function valuesOf(
    query: string,
    regex: string | undefined,
    values: VariableValues,
  ): Promise<readonly (string | undefined)[]> {
    const [, labelled, label = '', expression = ''] =
      /^(?:label_values\((.+), (\w+)\)|query_result\((.+)\))$/s.exec(query) ?? [];
    if (labelled !== undefined) {
      return lab.prometheus.labelValues(label, interpolate(labelled, values));
    }
    const found = await lab.prometheus.query(interpolate(expression, values), now);
    const pattern = new RegExp(regex?.slice(1, -1) ?? '');
    // As Grafana writes a series: {node="a"} 1 1700000000000
    return found.map(({ labels }) => {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
      return pattern.exec(`{${pairs.join(',')}}`)?.[1];
    });
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
    const panel = panelsOf(file).find((candidate) => candidate.title === title);
    const target = panel?.targets.find((candidate) => candidate.refId === refId);
    if (panel === undefined || target === undefined) {
      throw new Error(`no query ${refId} of a panel ${title}`);
    }
    return run(panel, target, values);
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

function problemsOf(series: readonly Series[], name: string): readonly (string | undefined)[] {
  return series
    .filter(({ labels }) => labels['node'] === name)
    .map(({ labels }) => labels['problem']);
}

/** Whether there is something, or a reason is listed why there need not be. */
function isExpected(where: string): (series: readonly Series[]) => boolean {
  return ({ length }) => length > 0 || where in mayBeEmpty;
}
