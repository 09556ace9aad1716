import type { Query } from '../kit/panels.ts';
import { chosen, perDevice } from '../promql/findings.ts';

/** A counter of the chosen device per second. */
export function rateOf(metric: string, legend: string): Query {
  return {
    expr: `max by (${perDevice}) (rate(${metric}{${chosen.device}}[$__rate_interval]))`,
    legend,
  };
}

/** How much a counter of the chosen device grew. */
export function increaseOf(metric: string, legend: string): Query {
  return {
    expr: `max by (${perDevice}) (increase(${metric}{${chosen.device}}[$__rate_interval]))`,
    legend,
  };
}
