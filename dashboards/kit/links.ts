import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import type { CellLink } from './tables.ts';
import { runbooksVariableName } from './variables.ts';

/** The variable with the base URL of the runbooks. */
const runbooks = `\${${runbooksVariableName}}`;

/** A menu of all dashboards of one tag that keeps the time range and the chosen variables. */
export function linkToAll(tag: string): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder('nicwatch')
    .type(dashboard.DashboardLinkType.Dashboards)
    .icon('external link')
    .tooltip('The other dashboards of nicwatch')
    .tags([tag])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}

export function linkToRunbooks(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder('Runbooks')
    .type(dashboard.DashboardLinkType.Link)
    .icon('doc')
    .tooltip('What each alert means and what to do')
    .url(runbooks)
    .targetBlank(true);
}

/** From a row with a label `node`, and perhaps `device`, to the dashboard of that node. */
export const linkToNode: CellLink = {
  title: 'Node ${__data.fields.node}',
  url: '/d/nicwatch-node?${datasource:queryparam}&${cluster:queryparam}&var-node=${__data.fields.node}&${__url_time_range}',
};

export const linkToDevice: CellLink = {
  title: 'Device ${__data.fields.device} of ${__data.fields.node}',
  url: `${linkToNode.url}&var-device=\${__data.fields.device}`,
};

/** From a row with a label `alertname` to the runbook of that alert. */
export const linkToRunbook: CellLink = {
  title: 'Runbook of ${__data.fields.alertname}',
  url: `${runbooks}/\${__data.fields.alertname}.md`,
};
