import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as statushistory from '@grafana/grafana-foundation-sdk/statushistory';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import * as units from '@grafana/grafana-foundation-sdk/units';

/** The data source chosen at the top of the dashboard. */
export const datasource: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** Minimum value of each color. */
export type Steps = readonly (readonly [from: number, color: string])[];

/** How a value is shown instead of its number. */
export type States = Readonly<
  Record<string, { readonly text: string; readonly color?: string | undefined }>
>;

export interface PanelOptions {
  readonly title: string;
  /** What the panel answers. */
  readonly description: string;
  /** Of `@grafana/grafana-foundation-sdk/units`; a plain number by default. */
  readonly unit?: string;
  readonly steps?: Steps;
  readonly states?: States;
}

export interface Query {
  readonly expr: string;
  /** Legend of a series, with labels as `{{label}}`. */
  readonly legend: string;
  /** Where this one series differs from the others of a stat panel. */
  readonly own?: Pick<PanelOptions, 'unit' | 'steps' | 'states'>;
}

type AnyPanel = Builder<dashboard.Panel> & {
  title(title: string): AnyPanel;
  description(description: string): AnyPanel;
  datasource(reference: common.DataSourceRef): AnyPanel;
  unit(unit: string): AnyPanel;
  targets(targets: Builder<prometheus.Dataquery>[]): AnyPanel;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): AnyPanel;
  colorScheme(color: Builder<dashboard.FieldColor>): AnyPanel;
  mappings(mappings: dashboard.ValueMapping[]): AnyPanel;
};

/** One number for each series, as it is now; several have their names beside them. */
export function statPanel(
  options: PanelOptions & { readonly queries: readonly Query[]; readonly noValue: string },
): stat.PanelBuilder {
  const { queries } = options;
  const judged = [options, ...queries.map(({ own }) => own)];
  const isJudged = judged.some((part) => part?.steps !== undefined || part?.states !== undefined);
  const panel = new stat.PanelBuilder()
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(isJudged ? common.BigValueColorMode.Background : common.BigValueColorMode.None)
    .textMode(
      queries.length > 1 ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Auto,
    )
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue(options.noValue);
  for (const { legend, own } of queries) {
    if (own === undefined) {
      if (queries.length > 1) {
        // Without thresholds of its own it has no background color.
        panel.overrideByName(legend, [
          { id: 'color', value: { mode: 'fixed', fixedColor: 'transparent' } },
        ]);
      }
    } else {
      panel.overrideByName(legend, [
        ...(own.unit === undefined ? [] : [{ id: 'unit', value: own.unit }]),
        ...(own.steps === undefined
          ? []
          : [{ id: 'thresholds', value: thresholdsOf(own.steps).build() }]),
        ...(own.states === undefined ? [] : [{ id: 'mappings', value: mappingsOf(own.states) }]),
      ]);
    }
  }
  return withCommon(
    panel,
    options,
    queries.map(({ expr, legend }) => instantQuery(expr).legendFormat(legend)),
  );
}

/** Bars, one for each series, as it is now. */
export function barPanel(
  options: PanelOptions & { readonly query: Query; readonly noValue: string },
): bargauge.PanelBuilder {
  const panel = new bargauge.PanelBuilder()
    .noValue(options.noValue)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Color)
    .namePlacement(common.BarGaugeNamePlacement.Left)
    .orientation(common.VizOrientation.Horizontal)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .min(0);
  return withCommon(panel, options, [
    instantQuery(options.query.expr).legendFormat(options.query.legend),
  ]);
}

/** Lines over time; where there are steps, the first is drawn as a line too. */
export function timePanel(
  options: PanelOptions & { readonly queries: readonly Query[]; readonly noValue: string },
): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .noValue(options.noValue)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(common.VisibilityMode.Auto)
    .axisSoftMin(0)
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        options.steps === undefined
          ? common.GraphThresholdsStyleMode.Off
          : common.GraphThresholdsStyleMode.Dashed,
      ),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  const built = withCommon(panel, options, rangeQueries(options.queries));
  return built.colorScheme(
    new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName),
  );
}

/** One row of states for each series, over time, each in its colour and with its name where there is room. A gap is no data. */
export function statePanel(
  options: PanelOptions & {
    readonly queries: readonly Query[];
    readonly states: States;
    readonly noValue: string;
  },
): statetimeline.PanelBuilder {
  const panel = new statetimeline.PanelBuilder()
    .showValue(common.VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(85)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .noValue(options.noValue);
  // Merged values that are coloured by thresholds take no colour of their mapping.
  return withCommon(panel, options, rangeQueries(options.queries)).colorScheme(
    new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassic),
  );
}

/** One row of coloured cells for each series, over time: a heat map of nodes. */
export function heatPanel(
  options: PanelOptions & { readonly queries: readonly Query[]; readonly noValue: string },
): statushistory.PanelBuilder {
  const panel = new statushistory.PanelBuilder()
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.9)
    .noValue(options.noValue)
    .maxDataPoints(60);
  return withCommon(panel, options, rangeQueries(options.queries));
}

/** Sets the common properties of panels. */
export function withCommon<T extends AnyPanel>(
  panel: T,
  { title, description, unit = units.Short, steps = [], states }: PanelOptions,
  queries: readonly prometheus.DataqueryBuilder[],
): T {
  panel
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .targets(queries.map((query, index) => query.refId(String.fromCodePoint(65 + index))))
    .thresholds(thresholdsOf(steps))
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  if (states !== undefined) {
    panel.mappings(mappingsOf(states));
  }
  return panel;
}

/** An instant query. */
export function instantQuery(expr: string): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().datasource(datasource).expr(expr).instant();
}

export function mappingsOf(states: States): dashboard.ValueMapping[] {
  const options = Object.entries(states).map(([value, { text, color }], index) => [
    value,
    color === undefined ? { text, index } : { text, color, index },
  ]);
  return [{ type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) }];
}

function rangeQueries(queries: readonly Query[]): readonly prometheus.DataqueryBuilder[] {
  return queries.map(({ expr, legend }) =>
    new prometheus.DataqueryBuilder()
      .datasource(datasource)
      .expr(expr)
      .legendFormat(legend)
      .range(),
  );
}

function thresholdsOf(steps: Steps): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([
      { value: null, color: steps.length === 0 ? 'text' : 'green' },
      ...steps.map(([value, color]) => ({ value, color })),
    ]);
}
