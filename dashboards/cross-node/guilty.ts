import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel } from '../kit/frame.ts';
import { linkToNode } from '../kit/links.ts';
import { tablePanel } from '../kit/tables.ts';
import { perNode } from '../promql/findings.ts';
import { corruptGuiltyRatio, failuresOf, guiltyShare, requestsOf } from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';

/** As the two of them are called in the tables. */
const sides = [
  ['source', 'source_node', 'sends corrupt packets|sends corrupt probes|calls from it fail'],
  [
    'destination',
    'dest_node',
    'receives corrupt packets from all|receives corrupt probes|calls to it fail',
  ],
] as const;

/** Guilty nodes, by failing calls. */
export function guiltyNodes(): PlacedPanel {
  const nothing = [
    'node_pair:nic_wire_checked:increase15m',
    'source_node:nic_probe_retransmitted:ratio_rate15m',
    'node_pair:rpc_requests:rate5m',
  ]
    .map((metric) => `absent(${metric}{cluster=~"$cluster"})`)
    .join(' and ');
  const noneSeen = `-1 * label_replace(label_replace(${nothing}, "node", "Neither packets, probes nor calls are seen", "", ""), "side", "-", "", "")`;
  return tablePanel({
    title: 'Guilty nodes',
    description:
      'Nodes that corrupt packets they send or receive, by checksums verified on the wire or by probes, and nodes whose calls to or from most other nodes fail; and since when. Empty if failures have no node in common.',
    queries: [
      `${named((side) => `${failuresOf(side)} ${keep(side)}`)} or ${noneSeen}`,
      named((side) => `${failuresOf(side)} / ${requestsOf(side)} ${keep(side)}`),
      named(guiltyShare),
      `1000 * (${since()} and on (cluster, node, side) (${named(corruptGuiltyRatio)} or ${named(guiltyShare)}))`,
      named(corruptGuiltyRatio),
    ],
    columns: [
      { field: 'node', title: 'Node', width: 110, grows: true, link: linkToNode },
      { field: 'side', title: 'As', width: 92 },
      { field: 'Value #E', title: 'Corrupt', unit: units.PercentUnit, width: 84 },
      { field: 'Value #A', title: 'Failing calls', unit: units.RequestsPerSecond, width: 124 },
      { field: 'Value #B', title: 'Of its calls', unit: units.PercentUnit, width: 100 },
      { field: 'Value #C', title: 'Of the nodes', unit: units.PercentUnit, width: 112 },
      { field: 'Value #D', title: 'Since', unit: units.DateTimeFromNow, width: 140 },
    ],
    hidden: ['cluster'],
    sortBy: [
      { title: 'Corrupt', descending: true },
      { title: 'Failing calls', descending: true },
    ],
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
      `label_replace(problem:nic_findings:since_timestamp_seconds{cluster=~"$cluster",problem=~"${problem}"}, "side", "${word}", "", "")`,
  );
  return `max by (${perNode}, side) (${both.join(' or ')})`;
}
