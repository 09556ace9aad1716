import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { pairFailures, pairRatio, pairRequests } from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';
import { thresholds } from '../promql/thresholds.ts';

const ratioSteps = [[thresholds.pairFailureRatio, 'red']] as const;

export function detailRows(): Rows {
  return [
    { heading: 'Over time' },
    {
      height: 8,
      panels: [
        [12, failureRatioWorstPairs()],
        [12, requestsOfTheWorstPairs()],
      ],
    },
    {
      height: 8,
      panels: [
        [12, ratioBySide('source_node', 'by source', 'of that node')],
        [12, ratioBySide('dest_node', 'by destination', 'to that node')],
      ],
    },
    {
      height: 9,
      panels: [[24, pairs()]],
    },
  ];
}

function ratioBySide(side: Side, words: string, whose: string): PlacedPanel {
  const requests = `sum by (cluster, ${side}) (${pairRequests()})`;
  return timePanel({
    title: `Failure ratio ${words}`,
    description: `One line above the others: the requests ${whose} fail.`,
    unit: units.PercentUnit,
    steps: ratioSteps,
    queries: [
      {
        expr: `topk(20, sum by (cluster, ${side}) (${pairFailures()}) / (${requests} > 0))`,
        legend: `{{${side}}}`,
      },
    ],
  }).interval('5m');
}

function failureRatioWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Failure ratio, worst pairs',
    description: 'The ten pairs with the highest ratio at the end of the time range.',
    unit: units.PercentUnit,
    steps: ratioSteps,
    queries: [
      {
        expr: `${pairRatio()}\nand topk(10, ${pairRatio({ at: '@ end()' })} > 0)`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
  }).interval('5m');
}

function requestsOfTheWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Requests of the worst pairs',
    description: 'How many requests those ratios are made of.',
    unit: units.RequestsPerSecond,
    queries: [
      {
        expr: `${pairRequests()}\nand topk(10, ${pairRatio({ at: '@ end()' })} > 0)`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
  }).interval('5m');
}

function pairs(): PlacedPanel {
  return tablePanel({
    title: 'Pairs',
    description: 'The fifty worst pairs, with the requests their ratio is made of.',
    unit: units.Short,
    queries: [
      `topk(50, ${pairRatio()})`,
      `${pairFailures()} and topk(50, ${pairRatio()})`,
      `${pairRequests()} and topk(50, ${pairRatio()})`,
    ],
    columns: [
      { field: 'cluster', title: 'Cluster' },
      { field: 'source_node', title: 'Source' },
      { field: 'dest_node', title: 'Destination' },
      { field: 'Value #A', title: 'Failure ratio', unit: units.PercentUnit },
      { field: 'Value #B', title: 'Failures', unit: units.RequestsPerSecond },
      { field: 'Value #C', title: 'Requests', unit: units.RequestsPerSecond },
    ],
    sortBy: 'Failure ratio',
  }).interval('5m');
}
