import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel } from '../kit/frame.ts';
import { linkToNode } from '../kit/links.ts';
import { tablePanel } from '../kit/tables.ts';
import { perNode } from '../promql/findings.ts';
import { failuresOf, guiltyShare, requestsOf } from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';

/** As the two of them are called in the tables. */
const sides = [
  ['source', 'source_node', 'calls from it fail'],
  ['destination', 'dest_node', 'calls to it fail'],
] as const;

/** Guilty nodes, by failing calls. */
export function guiltyNodes(): PlacedPanel {
  const noCalls = `-1 * label_replace(label_replace(absent(node_pair:rpc_requests:rate5m{cluster=~"$cluster"}), "node", "No calls are seen", "", ""), "side", "-", "", "")`;
  return tablePanel({
    title: 'Guilty nodes',
    description:
      'Every node whose calls to most others fail, and to whom the calls of most others fail, by failing calls, and since when. Where failures have no node in common there is none.',
    queries: [
      `${named((side) => `${failuresOf(side)} ${keep(side)}`)} or ${noCalls}`,
      named((side) => `${failuresOf(side)} / ${requestsOf(side)} ${keep(side)}`),
      named(guiltyShare),
      `1000 * (${since()} and on (cluster, node, side) ${named(guiltyShare)})`,
    ],
    columns: [
      { field: 'node', title: 'Node', width: 110, grows: true, link: linkToNode },
      { field: 'side', title: 'As', width: 92 },
      { field: 'Value #A', title: 'Failing calls', unit: units.RequestsPerSecond, width: 124 },
      { field: 'Value #B', title: 'Of its calls', unit: units.PercentUnit, width: 100 },
      { field: 'Value #C', title: 'Of the nodes', unit: units.PercentUnit, width: 112 },
      { field: 'Value #D', title: 'Since', unit: units.DateTimeFromNow, width: 140 },
      { field: 'cluster', title: 'Cluster', width: 70 },
    ],
    sortBy: [{ title: 'Failing calls', descending: true }],
    noValue: 'No single node is to blame',
  });
}

function keep(side: Side): string {
  return `and on (cluster, ${side}) ${guiltyShare(side)}`;
}

/** Nodes as a source or as a destination, under the labels `node` and `side`. */
function named(expression: (side: Side) => string): string {
  const both = sides.map(
    ([word, side]) =>
      `label_replace(label_replace(${expression(side)}, "node", "$1", "${side}", "(.+)"), "side", "${word}", "", "")`,
  );
  return `max by (${perNode}, side) (${both.join('\nor ')})`;
}

function since(): string {
  const both = sides.map(
    ([word, , problem]) =>
      `label_replace(problem:nic_findings:since_timestamp_seconds{cluster=~"$cluster",problem="${problem}"}, "side", "${word}", "", "")`,
  );
  return `max by (${perNode}, side) (${both.join(' or ')})`;
}
