import * as common from '@grafana/grafana-foundation-sdk/common';
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as table from '@grafana/grafana-foundation-sdk/table';

import { instantQuery, mappingsOf, withCommon } from './panels.ts';
import type { PanelOptions, States, Steps } from './panels.ts';

/** A column: a label of the series, or `Value`, or with several queries `Value #A`, `Value #B` ... */
export interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly width?: number;
  readonly states?: States;
  readonly link?: CellLink;
}

export interface CellLink {
  readonly title: string;
  readonly url: string;
}

/** A table with one row for each series of its queries; series of the same labels share a row. */
export function tablePanel(
  options: PanelOptions & {
    readonly queries: readonly string[];
    readonly columns: readonly Column[];
    /** Title of the column to sort by, the greatest first. */
    readonly sortBy?: string;
    /** What the queries give and no column shows; Time never is one. */
    readonly hidden?: readonly string[];
  },
): table.PanelBuilder {
  const { queries, columns, sortBy, hidden = [] } = options;
  const panel = baseTable(options, queries);
  if (queries.length > 1) {
    panel.withTransformation({ id: 'merge', options: {} });
  }
  panel.withTransformation({
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(['Time', ...hidden].map((name) => [name, true])),
      indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
      renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
    },
  });
  for (const column of columns) {
    const properties = propertiesOf(column);
    if (properties.length > 0) {
      panel.overrideByName(column.title, properties);
    }
  }
  if (sortBy !== undefined) {
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
  }
  return panel;
}

/** A matrix of one query: the values of one label downwards, those of another across, in the order the query gives. */
export function matrixPanel(
  options: PanelOptions & {
    readonly query: string;
    readonly row: string;
    readonly column: string;
    readonly steps: Steps;
  },
): table.PanelBuilder {
  const { query, row, column } = options;
  return baseTable(options, [query])
    .withTransformation({
      id: 'groupingToMatrix',
      options: { rowField: row, columnField: column, valueField: 'Value', emptyValue: 'null' },
    })
    .cellOptions({
      type: common.TableCellDisplayMode.ColorBackground,
      mode: common.TableCellBackgroundDisplayMode.Basic,
    })
    .minWidth(60)
    .overrideByFieldType('string', [
      { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.Auto } },
      { id: 'custom.width', value: 150 },
    ]);
}

function baseTable(options: PanelOptions, queries: readonly string[]): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm)
    // Subqueries of a table go in steps of the time range by this many.
    .maxDataPoints(200);
  return withCommon(
    panel,
    options,
    queries.map((query) => instantQuery(query).format(prometheus.PromQueryFormat.Table)),
  );
}

function propertiesOf({ unit, width, states, link }: Column): dashboard.DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(states === undefined
      ? []
      : [
          { id: 'mappings', value: mappingsOf(states) },
          { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } },
        ]),
    ...(link === undefined ? [] : [{ id: 'links', value: [{ ...link, targetBlank: false }] }]),
  ];
}
