import { alertNames } from '../kit/annotations.ts';

/** Alerts about the chosen nodes, or about pairs of nodes, which carry no node. */
const matchers = `alertname=~"${alertNames}",cluster=~"$cluster",node=~"$node|"`;

/** Alerts that fire, with more matchers. */
export function firingAlerts(more: string): string {
  return `ALERTS{alertstate="firing",${more},${matchers}}`;
}

/** Start of the alerts, in seconds since the epoch. */
export function firingSince(): string {
  return `ALERTS_FOR_STATE{${matchers}} and ignoring (alertstate) ALERTS{alertstate="firing",${matchers}}`;
}
