import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { datasource } from './panels.ts';

export interface LabelVariable {
  readonly name: string;
  readonly label: string;
  /** Series that carry the label, with the variables chosen before it. */
  readonly series: string;
}

export function datasourceVariable(): dashboard.DatasourceVariableBuilder {
  return new dashboard.DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type('prometheus');
}

/** Any number of values of the label the variable is named after. All of them matches series without the label too. */
export function anyOf(options: LabelVariable): dashboard.QueryVariableBuilder {
  return oneOf(options)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** One value of the label the variable is named after. */
export function oneOf({ name, label, series }: LabelVariable): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(`label_values(${series}, ${name})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc);
}

/** The value of a label of the one series an expression gives: it is found, not chosen. */
export function found(
  name: string,
  label: string,
  expression: string,
): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .hide(dashboard.VariableHide.HideVariable)
    .datasource(datasource)
    .query(`query_result(${expression})`)
    .regex(`/${label}="([^"]+)"/`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged);
}

/** One Prometheus may hold one cluster, whose series then need no label `cluster`. */
export function clusterVariable(series: string): dashboard.QueryVariableBuilder {
  return anyOf({ name: 'cluster', label: 'Cluster', series });
}
