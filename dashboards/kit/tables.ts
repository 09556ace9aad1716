import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as units from '@grafana/grafana-foundation-sdk/units';

import { instantQuery, mappingsOf, withCommon } from './panels.ts';
import type { PanelOptions, States, Steps } from './panels.ts';

/** A column: a label of the series, or `Value`, or with several queries `Value #A`, `Value #B` ... */
export interface Column {
  readonly field: string;
  readonly title: string;
  /** Width in pixels that its content needs. */
  readonly width: number;
  /** Also takes the remaining width of the panel. */
  readonly grows?: boolean;
  /** Of a value; labels are text, also where they look like numbers. */
  readonly unit?: string;
  readonly states?: States;
  readonly link?: CellLink;
}

export interface CellLink {
  readonly title: string;
  readonly url: string;
}

/** The column to sort by; descending is greatest first. */
export interface Sorting {
  readonly title: string;
  readonly descending: boolean;
}

interface TableOptions extends PanelOptions {
  /** Shown if there are no rows. */
  readonly noValue: string;
}

/** A table with one row for each series of its queries; series of the same labels share a row. */
export function tablePanel(
  options: TableOptions & {
    readonly queries: readonly string[];
    readonly columns: readonly Column[];
    /** The first decides, the next where the first is the same. */
    readonly sortBy?: readonly Sorting[];
    /** What the queries give and no column shows; Time never is one. */
    readonly hidden?: readonly string[];
  },
): table.PanelBuilder {
  const { queries, columns, sortBy = [], hidden = [] } = options;
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
    panel.overrideByName(column.title, propertiesOf(column));
  }
  return panel.sortBy(
    sortBy.map(({ title, descending }) =>
      new common.TableSortByFieldStateBuilder().displayName(title).desc(descending),
    ),
  );
}

/**
 * A matrix of one query: the values of one label downwards, those of another across, in the order the query gives.
 *
 * Headers wrap, so that names are told apart in columns that are narrower than they are.
 */
export function matrixPanel(
  options: TableOptions & {
    readonly query: string;
    readonly row: string;
    readonly column: string;
    readonly steps: Steps;
  },
): table.PanelBuilder {
  const { query, row, column } = options;
  return (
    baseTable(options, [query])
      .withTransformation({
        id: 'groupingToMatrix',
        options: { rowField: row, columnField: column, valueField: 'Value', emptyValue: 'null' },
      })
      .cellOptions({
        type: common.TableCellDisplayMode.ColorBackground,
        mode: common.TableCellBackgroundDisplayMode.Basic,
      })
      .minWidth(58)
      .decimals(1)
      // A missing value must not look like a small one.
      .mappings([
        {
          type: dashboard.MappingType.SpecialValue,
          options: {
            match: dashboard.SpecialValueMatch.Null,
            result: { text: '', color: 'transparent', index: 0 },
          },
        },
      ])
      .overrideByRegexp('.*', [{ id: 'custom.wrapHeaderText', value: true }])
      .overrideByFieldType('string', [
        { id: 'unit', value: units.String },
        { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.Auto } },
        { id: 'custom.width', value: 100 },
      ])
  );
}

function baseTable(options: TableOptions, queries: readonly string[]): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm)
    .noValue(options.noValue)
    // It speaks of the table: a cell without a value is empty.
    .overrideByRegexp('.*', [{ id: 'noValue', value: '' }])
    // Subqueries of a table go in steps of the time range by this many.
    .maxDataPoints(200);
  return withCommon(
    panel,
    options,
    queries.map((query) => instantQuery(query).format(prometheus.PromQueryFormat.Table)),
  );
}

function propertiesOf(column: Column): dashboard.DynamicConfigValue[] {
  const { field, width, grows = false, unit, states, link } = column;
  const isValue = field.startsWith('Value');
  return [
    { id: 'unit', value: unit ?? (isValue ? units.Short : units.String) },
    { id: grows ? 'custom.minWidth' : 'custom.width', value: width },
    ...(states === undefined
      ? []
      : [
          { id: 'mappings', value: mappingsOf(states) },
          { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } },
        ]),
    ...(link === undefined ? [] : [{ id: 'links', value: [{ ...link, targetBlank: true }] }]),
  ];
}
