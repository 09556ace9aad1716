import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import {
  failuresOf,
  pairFailures,
  pairRatio,
  pairRequests,
  requestsOf,
  worstPairs,
} from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';
import { thresholds } from '../promql/thresholds.ts';

const limit = [[thresholds.pairFailureRatio, 'red']] as const;
const noCalls = 'No calls are seen';

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
  return timePanel({
    title: `Failure ratio ${words}`,
    description: `One line above the others: the requests ${whose} fail.`,
    unit: units.PercentUnit,
    steps: limit,
    queries: [
      {
        expr: `topk(20, ${failuresOf(side)} / (${requestsOf(side)} > 0))`,
        legend: `{{${side}}}`,
      },
    ],
    noValue: noCalls,
  });
}

function failureRatioWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Failure ratio, worst pairs',
    description: 'The ten pairs with most failing calls at the end of the time range.',
    unit: units.PercentUnit,
    steps: limit,
    queries: [
      {
        expr: `${pairRatio()}\nand ${worstPairs(10)}`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
    noValue: 'No call fails',
  });
}

function requestsOfTheWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Requests of the worst pairs',
    description: 'How many requests those ratios are made of.',
    unit: units.RequestsPerSecond,
    queries: [
      {
        expr: `${pairRequests()}\nand ${worstPairs(10)}`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
    noValue: 'No call fails',
  });
}

function pairs(): PlacedPanel {
  return tablePanel({
    title: 'Pairs',
    description: 'The fifty pairs with most failing calls, and the requests they are made of.',
    queries: [
      `topk(50, ${pairFailures()})`,
      `${pairRatio()} and topk(50, ${pairFailures()})`,
      `${pairRequests()} and topk(50, ${pairFailures()})`,
    ],
    columns: [
      { field: 'source_node', title: 'Source', width: 160, grows: true },
      { field: 'dest_node', title: 'Destination', width: 160, grows: true },
      { field: 'Value #A', title: 'Failing calls', unit: units.RequestsPerSecond, width: 130 },
      { field: 'Value #B', title: 'Failure ratio', unit: units.PercentUnit, width: 120 },
      { field: 'Value #C', title: 'Requests', unit: units.RequestsPerSecond, width: 120 },
      { field: 'cluster', title: 'Cluster', width: 110 },
    ],
    sortBy: [{ title: 'Failing calls', descending: true }],
    noValue: noCalls,
  });
}
