import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { linkToAll, linkToRunbooks } from './links.ts';
import { datasourceVariable, runbooksVariable } from './variables.ts';

/** Panels of one height beside each other, each with its width; 24 fill the row. */
interface PanelRow {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: PlacedPanel])[];
}

/** A heading above the rows that follow it. */
interface Heading {
  readonly heading: string;
}

export type Rows = readonly (PanelRow | Heading)[];

export interface DashboardOptions {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Start of the default time range: `now-6h`. */
  readonly from: string;
  readonly variables: readonly Builder<dashboard.VariableModel>[];
  readonly annotations: readonly Builder<dashboard.AnnotationQuery>[];
  readonly rows: Rows;
}

export interface PlacedPanel extends Builder<dashboard.Panel> {
  id(id: number): PlacedPanel;
  gridPos(position: dashboard.GridPos): PlacedPanel;
}

/**
 * Height that a browser shows of a dashboard without scrolling on a screen of 1920 x 1080, in units of the grid.
 *
 * A unit is 30 pixels and 8 to the next. The browser takes some 130, Grafana's header and the variables some 150:
 * (1080 - 130 - 150 + 8) / 38.
 */
export const unitsAboveTheFold = 21;

/** Tag by which the dashboards link to each other. */
const tag = 'nicwatch';

/** A dashboard as all of them are: read-only, with a data source to choose, one crosshair, and links to the others. */
export function createDashboard(options: DashboardOptions): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(options.title)
    .uid(options.uid)
    .description(options.description)
    .tags([tag])
    .readonly()
    .timezone('browser')
    .refresh('1m')
    .time({ from: options.from, to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([datasourceVariable(), ...options.variables, runbooksVariable()])
    .annotations([...options.annotations])
    .links([linkToAll(tag), linkToRunbooks()]);
  place(options.rows, builder);
  return withoutPlacement(builder.build());
}

/** The builders hide links and annotations in a menu. */
function withoutPlacement(built: dashboard.Dashboard): dashboard.Dashboard {
  const { links = [], annotations } = built;
  for (const item of [...links, ...(annotations.list ?? [])]) {
    delete item.placement;
  }
  return built;
}

/** Numbers the panels and gives each its place below the row before it. */
function place(rows: Rows, builder: dashboard.DashboardBuilder): void {
  let id = 0;
  let y = 0;
  for (const row of rows) {
    if ('heading' in row) {
      id += 1;
      builder.withRow(
        new dashboard.RowBuilder(row.heading).id(id).gridPos({ x: 0, y, w: 24, h: 1 }),
      );
      y += 1;
      continue;
    }
    let x = 0;
    for (const [width, panel] of row.panels) {
      id += 1;
      builder.withPanel(panel.id(id).gridPos({ x, y, w: width, h: row.height }));
      x += width;
    }
    y += row.height;
  }
}
