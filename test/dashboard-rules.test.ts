import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, test } from 'vitest';

import { unitsAboveTheFold } from '../dashboards/kit/frame.ts';
import { deviceStates, severities } from '../dashboards/promql/states.ts';
import {
  aboveZero,
  ratioSteps,
  stackErrorsPerSecond,
  thresholds,
} from '../dashboards/promql/thresholds.ts';
import { agentMetrics } from '../src/agent/agent-families.ts';
import { processMetrics } from '../src/agent/process-families.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { probeMetrics } from '../src/probe/mesh-metrics.ts';
import { dashboardAnswers } from '../dashboards/answers.ts';
import { panelsOf, parseDashboard, readDashboard } from './support/dashboard-file.ts';
import type { DashboardFile } from './support/dashboard-file.ts';
import { interpolate } from './support/grafana-variables.ts';
import { expressionNames } from './support/promql.ts';
import type { Selector } from './support/promql.ts';
import { readAlertFile, readRules } from './support/rules.ts';
import { unshownMetrics } from '../dashboards/unshown-metrics.ts';
import { listAt } from './support/value-at.ts';

const names = ['fleet', 'node', 'cross-node'] as const;
const files = names.map((name) => ({ name, file: readDashboard(name) }));
const datasource = { type: 'prometheus', uid: '${datasource}' };
/** By the names of alerts and of what is recorded. */
const rules = new Map(readRules().map(({ name, expression }) => [name, expression]));
const runbooks = /runbook_url: (\S+)\/\w+\.md/.exec(readAlertFile('nicwatch.rules.yaml'))?.[1];

/** Ranges that stand for Grafana's own, and no query has otherwise. */
const ownRange = '7h';
const rateInterval = '7s';
const times = {
  __range: ownRange,
  __interval: '7m',
  __rate_interval: rateInterval,
  __from: '1',
};
/** Variables that stay as they are, inside of strings. */
const chosen = Object.fromEntries(
  ['cluster', 'node', 'device', 'source_node', 'dest_node'].map((name) => [name, `$${name}`]),
);
/** What the panels of a row share at 1600 pixels with the menu docked: the menu is 300 wide, the margins are 16 each. */
const pageWidth = 1600 - 300 - 2 * 16;

/** Counters that are shown as they are, since what counts is whether there was anything at all. */
const bareCounters = new Set(['nic_kernel_events_total']);

/** What comes from others: Prometheus itself, the alert rules, and those who make requests. */
const foreignMetrics = new Set(['up', 'ALERTS', 'ALERTS_FOR_STATE', 'grpc_client_handled_total']);
const ownMetrics = [
  ...collectorDefinitions.flatMap(({ metrics }) => metrics),
  ...agentMetrics,
  ...processMetrics,
  ...probeMetrics,
];

describe('the schema', () => {
  const good = JSON.stringify(readDashboard('fleet'));

  test.each([
    ['a key that is none', '"refresh":', '"refesh":'],
    [
      'an id, which belongs to one Grafana',
      '"uid":"nicwatch-fleet"',
      '"id":"7","uid":"nicwatch-fleet"',
    ],
    ['a kind of panel that is none', '"type":"state-timeline"', '"type":"state-time-line"'],
    ['a number that is a string', '"h":4', '"h":"4"'],
    ['an option that is none', '"lineWidth":1', '"linewidth":1'],
    ['a value that is none', '"showPoints":"auto"', '"showPoints":"autos"'],
    ['a target without a query', '"expr":', '"expression":'],
    ['a kind of variable that is none', '"type":"query"', '"type":"querry"'],
  ])('refuses %s', (_, written, broken) => {
    expect(good).toContain(written);
    expect(() => parseDashboard(good.replace(written, broken))).toThrow(/must|no dashboard/);
  });
});

describe.each(files)('the dashboard $name', ({ name, file }) => {
  const panels = panelsOf(file);
  const queries = queriesOf(file);

  test('is one of a family', () => {
    expect(file.uid).toBe(`nicwatch-${name}`);
    expect(file.title).toMatch(/^nicwatch \/ [A-Z]/);
    expect(file).toMatchObject({
      tags: ['nicwatch'],
      editable: false,
      graphTooltip: 1,
      timezone: 'browser',
      refresh: '1m',
      time: { to: 'now' },
    });
    expect(file.description).toMatch(/\.$/);
    expect(file).not.toHaveProperty('id');
    expect(file).not.toHaveProperty('version');
  });

  test('uses only the selected data source', () => {
    const [first, ...others] = file.templating.list;
    expect(first).toMatchObject({
      type: 'datasource',
      name: 'datasource',
      label: 'Data source',
      query: 'prometheus',
    });
    for (const variable of others.slice(0, -1)) {
      expect(variable.datasource).toEqual(datasource);
    }
    expect(others.at(-1)).toMatchObject({ type: 'constant', name: 'runbooks' });
    for (const annotation of file.annotations.list) {
      expect(annotation.datasource).toEqual(datasource);
    }
    for (const panel of panels) {
      expect(panel.datasource, panel.title).toEqual(datasource);
      for (const target of panel.targets) {
        expect(target.datasource, panel.title).toEqual(datasource);
      }
    }
  });

  test('its variables depend on the time range and on previous variables', () => {
    const variables = file.templating.list.slice(1, -1);
    for (const { name: label, refresh, query, multi, includeAll } of variables) {
      expect(refresh).toBe(2);
      expect(query).toMatch(new RegExp(`^label_values\\(.+, ${label}\\)$`));
      expect(includeAll, label).toBe(multi);
    }
    for (const { query } of variables.slice(1)) {
      expect(query).toContain('cluster=~"$cluster"');
    }
    expect(variables.map((variable) => variable.name)).toEqual(
      name === 'cross-node'
        ? ['cluster', 'source_node', 'dest_node']
        : ['cluster', 'node', 'device'],
    );
  });

  test('each panel has a unique id, a title, a description and a unit', () => {
    const ids = file.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { title, description, fieldConfig } of panels) {
      expect(title).toMatch(/^[A-Z]/);
      expect(description, title).toMatch(/^[A-Z].*[.?]$/);
      const overrides = fieldConfig.overrides.flatMap(({ properties }) => properties);
      const own = overrides.filter(({ id }) => id === 'unit').map(({ value }) => String(value));
      expect(Object.values(units), title).toEqual(
        expect.arrayContaining([fieldConfig.defaults.unit, ...own]),
      );
    }
  });

  test('panels fill the grid and do not overlap', () => {
    const cells = file.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from(
        { length: w * h },
        (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`,
      ),
    );
    const height = Math.max(...file.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells).toHaveLength(24 * height);
    expect(file.panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24)).toBe(true);
  });

  test('answers the four questions without scrolling', () => {
    const seen = panels
      .filter(({ gridPos }) => gridPos.y + gridPos.h <= unitsAboveTheFold)
      .map(({ title }) => title);
    const answers = Object.entries(dashboardAnswers[name] ?? {});
    expect(answers.map(([question]) => question)).toEqual([
      'Which node?',
      'Which device?',
      'Since when?',
      'What changed before it?',
    ]);
    for (const [question, titles] of answers) {
      expect(titles, question).not.toEqual([]);
      expect(seen, question).toEqual(expect.arrayContaining([...titles]));
    }
  });

  test.each(queries)('the query of $where is PromQL, and keeps to the rules', ({ expr }) => {
    const selectors = selectorsOf(expr);
    expect(selectors).not.toEqual([]);
    for (const { metric, matchers, range } of selectors) {
      expect(matchers, metric).toContain('cluster=~"$cluster"');
      expect([undefined, rateInterval, ownRange], metric).toContain(range);
    }
    for (const { metric, calledBy } of selectors.filter(isCounted)) {
      expect(calledBy, metric).toMatch(/^(?:rate|increase)$/);
    }
  });

  test('links to the other dashboards and to the runbooks', () => {
    expect(file.links).toEqual([
      expect.objectContaining({
        type: 'dashboards',
        tags: ['nicwatch'],
        keepTime: true,
        includeVars: true,
      }),
      expect.objectContaining({ type: 'link', url: '${runbooks}', targetBlank: true }),
    ]);
    // The address stands in one place of the file.
    const text = JSON.stringify(file);
    expect(text.split(`${runbooks}"`)).toHaveLength(2);
    expect(file.templating.list.at(-1)).toMatchObject({
      name: 'runbooks',
      query: runbooks,
      hide: 2,
    });
    for (const url of JSON.stringify(file).match(/\/d\/[\w-]+/g) ?? []) {
      expect(names.map((other) => `/d/nicwatch-${other}`)).toContain(url);
    }
  });

  test('marks the start of a problem by one line, never by a region', () => {
    const marks = file.annotations.list.map((annotation) => annotation.name);
    expect(marks).toEqual(expect.arrayContaining(['Incidents', 'Alerts']));
    for (const { name: title, expr, enable, titleFormat, useValueForTime } of file.annotations
      .list) {
      // The value is when it began: the same at every step, and so one moment.
      expect(useValueForTime, title).toBe(true);
      expect(expr, title).toMatch(/^1000 \* (?:min|max) by \(cluster, node(?:, device)?\)/);
      expect(enable, title).toBe(title !== 'Alerts');
      expect(titleFormat).toBeTruthy();
    }
  });

  test('state timelines show the colors of their states', () => {
    const timelines = panels.flatMap((panel) => (panel.type === 'state-timeline' ? [panel] : []));
    expect(timelines.length > 0).toBe(name !== 'cross-node');
    for (const { title, options, fieldConfig } of timelines) {
      // Grafana merges by thresholds then, and knows no mapping.
      const mode = String(fieldConfig.defaults.color?.mode);
      expect(options.mergeValues === true && mode === 'thresholds', title).toBe(false);
      const states = (fieldConfig.defaults.mappings ?? []).flatMap(({ options: mapped }) =>
        Object.values<unknown>(mapped),
      );
      expect(states.length, title).toBeGreaterThan(1);
      expect(states, title).toEqual(
        states.map(() => expect.objectContaining({ color: expect.any(String) })),
      );
    }
  });

  test('explains an empty panel', () => {
    for (const { title, fieldConfig } of panels) {
      expect(fieldConfig.defaults.noValue, title).toMatch(/\w/);
    }
  });

  test('tables fit their columns, and show labels as text', () => {
    const tables = panels.filter(({ type }) => type === 'table');
    expect(tables).not.toEqual([]);
    for (const { title, gridPos, transformations = [], fieldConfig } of tables) {
      const organize = transformations.find(({ id }) => id === 'organize');
      const columns = Object.entries<unknown>(organize?.options.renameByName ?? {});
      const isMatrix = transformations.some(({ id }) => id === 'groupingToMatrix');
      expect(columns.length > 0, title).toBe(!isMatrix);
      const widths = columns.map(([field, column]) => {
        const properties = new Map(
          fieldConfig.overrides
            .filter(({ matcher }) => matcher.options === column)
            .flatMap((override) => override.properties.map(({ id, value }) => [id, value])),
        );
        expect(field.startsWith('Value') || properties.get('unit') === 'string', title).toBe(true);
        return Number(properties.get('custom.width') ?? properties.get('custom.minWidth'));
      });
      const needed = widths.reduce((sum, width) => sum + width, 0);
      // Panels are 8 pixels apart and have a border and a padding.
      expect(needed, title).toBeLessThanOrEqual((pageWidth + 8) * (gridPos.w / 24) - 8 - 18);
      // A cell that nothing fills is empty, whatever an empty table says.
      expect(fieldConfig.overrides, title).toContainEqual({
        matcher: { id: 'byRegexp', options: '.*' },
        properties: [{ id: 'noValue', value: '' }],
      });
    }
  });

  test('links of tables open in a new tab', () => {
    const links = panels
      .flatMap(({ fieldConfig }) => fieldConfig.overrides)
      .flatMap(({ properties }) => properties)
      .filter(({ id }) => id === 'links')
      .flatMap(({ value }) => listAt({ value }, 'value'));
    for (const link of links) {
      expect(link).toMatchObject({ targetBlank: true });
    }
  });

  test('has no unit that shows 0.3 packets as 300 milli', () => {
    const milli = [units.PacketsPerSecond, units.Hertz];
    for (const { title, fieldConfig } of panels) {
      const own = fieldConfig.overrides
        .flatMap(({ properties }) => properties)
        .map(({ id, value }) => (id === 'unit' ? value : undefined));
      expect(milli, title).not.toContain(fieldConfig.defaults.unit);
      expect(
        own.filter((unit) => milli.some((banned) => banned === unit)),
        title,
      ).toEqual([]);
    }
  });
});

describe('numbers', () => {
  test.each([
    ['CrossNodeGRPCFailures', `> ${thresholds.pairFailureRatio}`],
    ['source_node:rpc_bad_destinations:ratio', `ratio_rate5m > ${thresholds.pairFailureRatio}`],
    ['source_node:rpc_failing_destinations:ratio', `ratio_rate5m > ${thresholds.failingRatio}`],
    ['NICChecksumErrors', '(nic_rx_csum_errors_total[5m]) > 0'],
    [
      'NICStackChecksumErrors',
      `increase(nic_stack_csum_errors_total[${thresholds.stackSeconds / 60}m]) >= ${thresholds.stackErrors}`,
    ],
    ['NICHangActive', 'nic_hang_active == 1'],
    ['NICTransmitStalled', 'nic_tx_stalled == 1'],
    ['NICKnownIssueExposed', 'nic_known_issue{severity!="info"} == 1'],
  ])('of panels are those of %s', (alert, condition) => {
    expect(rules.get(alert)).toContain(condition);
  });

  test('of states are those the rules record, and each has a name', () => {
    const recorded = [
      ...(rules.get('device:nic_state:code') ?? '').matchAll(/(?:^|or )\s*(\d+) (?:\*|\+ 0 \*)/gm),
    ].map(([, code]) => Number(code));
    expect(new Set(recorded)).toEqual(new Set(Object.keys(deviceStates).map(Number)));
  });

  test('of severities are all there are', () => {
    const named = Object.values(severities).map(({ text }) => text);
    expect(new Set(readRules().flatMap(({ labels }) => labels['severity'] ?? []))).toEqual(
      new Set(named),
    );
  });

  test('that colour a panel are numbers of a rule, or a count of what is wrong', () => {
    const allowed = new Set([
      null,
      1,
      aboveZero,
      stackErrorsPerSecond,
      ...Object.values(thresholds),
      ...ratioSteps.map(([from]) => from),
    ]);
    for (const { file } of files) {
      for (const { title, fieldConfig } of panelsOf(file)) {
        for (const { value } of fieldConfig.defaults.thresholds?.steps ?? []) {
          expect(allowed, `${title}: ${value}`).toContain(value);
        }
      }
    }
  });
});

describe('every metric', () => {
  const used = new Set(
    files.flatMap(({ file }) =>
      queriesOf(file).flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric)),
    ),
  );

  /** With those that the recorded ones are made of. */
  const shown = new Set<string>();
  const show = (metric: string): void => {
    if (!shown.has(metric)) {
      shown.add(metric);
      const recording = readRules().filter(
        ({ kind, name }) => kind === 'record' && name === metric,
      );
      for (const { expression } of recording) {
        for (const { metric: source } of expressionNames(expression).selectors) {
          show(source);
        }
      }
    }
  };
  for (const metric of used) {
    show(metric);
  }

  test.each(ownMetrics)('of the agent is shown, or there is a reason: $name', ({ name }) => {
    expect(shown.has(name)).toBe(!(name in unshownMetrics));
  });

  test('that is shown exists', () => {
    const own = new Set(ownMetrics.map(({ name }) => name));
    for (const metric of used) {
      const isKnown = own.has(metric) || foreignMetrics.has(metric) || rules.has(metric);
      expect(isKnown, metric).toBe(true);
    }
  });

  test('that is not shown exists', () => {
    expect(ownMetrics.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(unshownMetrics)),
    );
  });

  test('has the labels it is asked by', () => {
    const added = ['cluster', 'node', 'job'];
    const known = new Map(ownMetrics.map(({ name, labels }) => [name, [...labels, ...added]]));
    const queries = files.flatMap(({ file }) => queriesOf(file));
    for (const { metric, labels } of queries.flatMap(({ expr }) => selectorsOf(expr))) {
      expect(known.get(metric) ?? labels, metric).toEqual(expect.arrayContaining([...labels]));
    }
  });
});

/** What a query selects, with what Grafana would put in place of its times. @throws {Error} where it is no PromQL. */
function selectorsOf(expr: string): readonly Selector[] {
  return expressionNames(interpolate(expr, { ...chosen, ...times })).selectors;
}

function isCounted({ metric }: Selector): boolean {
  return metric.endsWith('_total') && !bareCounters.has(metric);
}

/** All that asks Prometheus something, but for the variables, which are no PromQL. */
function queriesOf(
  file: DashboardFile,
): readonly { readonly where: string; readonly expr: string }[] {
  return [
    ...panelsOf(file).flatMap(({ title, targets }) =>
      targets.map(({ refId, expr }) => ({ where: `${title} (${refId})`, expr })),
    ),
    ...file.annotations.list.map(({ name, expr }) => ({ where: `annotation ${name}`, expr })),
  ];
}
