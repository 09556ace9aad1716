import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { detailRows } from './cross-node/details.ts';
import { overviewRows } from './cross-node/overview.ts';
import { alertAnnotation, bootAnnotation, flagAnnotation } from './kit/annotations.ts';
import { createDashboard } from './kit/frame.ts';
import { anyOf, clusterVariable } from './kit/variables.ts';
import type { Scope } from './promql/findings.ts';

const pairs = 'grpc_client_handled_total{cluster=~"$cluster"}';
const cluster = 'cluster=~"$cluster"';
const sources: Scope = {
  node: `${cluster},node=~"$source_node"`,
  device: `${cluster},node=~"$source_node"`,
};

export function crossNodeDashboard(): Dashboard {
  return createDashboard({
    uid: 'nicwatch-cross-node',
    title: 'nicwatch / Cross-node',
    description: 'Requests between nodes: which pairs fail, and which node they have in common.',
    from: 'now-3h',
    variables: [
      clusterVariable('grpc_client_handled_total'),
      anyOf({ name: 'source_node', label: 'Source', series: pairs }),
      anyOf({ name: 'dest_node', label: 'Destination', series: pairs }),
    ],
    annotations: [
      alertAnnotation(`${cluster},node=~"$source_node|"`),
      flagAnnotation(sources),
      bootAnnotation(sources),
    ],
    rows: [...overviewRows(), ...detailRows()],
  });
}
