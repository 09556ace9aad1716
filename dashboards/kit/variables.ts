import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import runbooks from '../../runbooks.json' with { type: 'json' };
import { datasource } from './panels.ts';

export interface LabelVariable {
  readonly name: string;
  readonly label: string;
  /** Series that carry the label, with the variables chosen before it. */
  readonly series: string;
}

export const runbooksVariableName = 'runbooks';

/** The only variable with the base URL of the runbooks: the placeholder of the alert rules, to be replaced by yours. */
export function runbooksVariable(): Builder<dashboard.VariableModel> {
  const constant = new dashboard.ConstantVariableBuilder(runbooksVariableName).value(
    runbooks.address,
  );
  return {
    build: () => ({
      ...constant.build(),
      hide: dashboard.VariableHide.HideVariable,
      // The other dashboards have their own.
      skipUrlSync: true,
    }),
  };
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

/** One Prometheus may hold one cluster, whose series then need no label `cluster`. */
export function clusterVariable(series: string): dashboard.QueryVariableBuilder {
  return anyOf({ name: 'cluster', label: 'Cluster', series });
}
