import { readFileSync } from 'node:fs';

import type * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import type * as statushistory from '@grafana/grafana-foundation-sdk/statushistory';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { Ajv } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

/** A dashboard as it is committed: what Grafana's types leave open is what the types of its panels say. */
export type DashboardFile = Omit<
  dashboard.Dashboard,
  'panels' | 'annotations' | 'templating' | 'links' | 'tags' | 'uid' | 'title'
> & {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly links: readonly dashboard.DashboardLink[];
  readonly panels: readonly (QueryPanel | RowPanel)[];
  readonly annotations: {
    readonly list: readonly (Omit<dashboard.AnnotationQuery, 'target' | 'expr'> & {
      readonly expr: string;
    })[];
  };
  readonly templating: {
    readonly list: readonly (Omit<dashboard.VariableModel, 'query'> & { readonly query: string })[];
  };
};

/** A heading. */
type RowPanel = Omit<dashboard.RowPanel, 'gridPos' | 'panels'> & {
  readonly gridPos: dashboard.GridPos;
  readonly panels: readonly [];
};

export type QueryPanel =
  | PanelOf<'stat', stat.Options>
  | PanelOf<'bargauge', bargauge.Options>
  | PanelOf<'table', table.Options, table.FieldConfig>
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'state-timeline', statetimeline.Options, statetimeline.FieldConfig>
  | PanelOf<'status-history', statushistory.Options, statushistory.FieldConfig>;

type PanelOf<Type extends string, Options, Custom = undefined> = Omit<
  dashboard.Panel,
  'type' | 'targets' | 'options' | 'fieldConfig' | 'gridPos' | 'id' | 'title'
> & {
  readonly type: Type;
  readonly id: number;
  readonly title: string;
  readonly gridPos: dashboard.GridPos;
  readonly targets: readonly Target[];
  readonly options: Options;
  readonly fieldConfig: Omit<dashboard.FieldConfigSource, 'defaults'> & {
    readonly defaults: Omit<dashboard.FieldConfig, 'custom'> & { readonly custom?: Custom };
  };
};

export type Target = Omit<prometheus.Dataquery, '_implementsDataqueryVariant' | 'refId'> & {
  readonly refId: string;
};

const schema: object = createGenerator({
  path: new URL(import.meta.url).pathname,
  tsconfig: new URL('../../tsconfig.json', import.meta.url).pathname,
  type: 'DashboardFile',
  skipTypeCheck: true,
  // Panels of several types have types of the same name.
  expose: 'none',
  additionalProperties: false,
}).createSchema('DashboardFile');
const isDashboardFile = new Ajv({ strict: false, allErrors: true }).compile<DashboardFile>(schema);

/**
 * Reads a dashboard and holds it against the schema that follows from the types of Grafana's SDK.
 *
 * @throws {Error} that names what is not as it should be.
 */
export function readDashboard(name: string): DashboardFile {
  const path = new URL(`../../dashboards/${name}.json`, import.meta.url);
  return parseDashboard(readFileSync(path, 'utf8'));
}

/** @see readDashboard */
export function parseDashboard(text: string): DashboardFile {
  const content: unknown = JSON.parse(text);
  if (!isDashboardFile(content)) {
    const [first] = isDashboardFile.errors ?? [];
    throw new Error(`${first?.instancePath ?? ''} ${first?.message ?? 'is no dashboard'}`);
  }
  return content;
}

/** Its panels without the headings. */
export function panelsOf({ panels }: DashboardFile): readonly QueryPanel[] {
  return panels.filter((panel): panel is QueryPanel => panel.type !== 'row');
}
