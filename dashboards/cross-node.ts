import type { Dashboard, QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

import { detailRows } from './cross-node/details.ts';
import { overviewRows } from './cross-node/overview.ts';
import { alertAnnotation, bootAnnotation, flagAnnotation } from './kit/annotations.ts';
import { createDashboard } from './kit/frame.ts';
import { anyOf, clusterVariable, found } from './kit/variables.ts';
import { failingShare, worstSource } from './promql/pairs.ts';
import type { Side } from './promql/pairs.ts';

const metrics = '__name__=~"grpc_client_handled_total|node_pair:rpc_failures:ratio_rate5m"';
const pairs = `{${metrics},cluster=~"$cluster"}`;

export function crossNodeDashboard(): Dashboard {
  return createDashboard({
    uid: 'nicwatch-cross-node',
    title: 'nicwatch / Cross-node',
    description: 'Requests between nodes: which pairs fail, and which node they have in common.',
    from: 'now-3h',
    variables: [
      clusterVariable(`{${metrics}}`),
      anyOf({ name: 'source_node', label: 'Source', series: pairs }),
      anyOf({ name: 'dest_node', label: 'Destination', series: pairs }),
      worstOf('worst_source', 'source_node'),
      worstOf('worst_dest', 'dest_node'),
    ],
    annotations: [
      alertAnnotation(`cluster=~"$cluster",node=~"$source_node|"`),
      flagAnnotation(worstSource),
      bootAnnotation(worstSource),
    ],
    rows: [...overviewRows(), ...detailRows()],
  });
}

/** Variables know no `$__rate_interval`; five minutes are what the rule looks at. */
function worstOf(name: string, side: Side): QueryVariableBuilder {
  const share = failingShare(side).replaceAll('$__rate_interval', '5m');
  return found(name, side, `topk(1, ${share} > 0)`);
}
