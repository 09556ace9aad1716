import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { detailRows } from './cross-node/details.ts';
import { overviewRows } from './cross-node/overview.ts';
import { alertAnnotation, incidentAnnotation } from './kit/annotations.ts';
import { createDashboard } from './kit/frame.ts';
import { anyOf, clusterVariable } from './kit/variables.ts';

const metrics =
  '__name__=~"node_pair:(nic_wire_checked:increase15m|rpc_requests:rate5m)|(source|dest)_node:nic_probe_retransmitted:ratio_rate15m"';
const pairs = `{${metrics},cluster=~"$cluster"}`;
const sources = 'cluster=~"$cluster",node=~"$source_node"';

export function crossNodeDashboard(): Dashboard {
  return createDashboard({
    uid: 'nicwatch-cross-node',
    title: 'nicwatch / Cross-node',
    description:
      'Packets, probes and requests between nodes: failing pairs, and the nodes they have in common.',
    from: 'now-3h',
    variables: [
      clusterVariable(`{${metrics}}`),
      anyOf({ name: 'source_node', label: 'Source', series: pairs }),
      anyOf({ name: 'dest_node', label: 'Destination', series: pairs }),
    ],
    annotations: [
      incidentAnnotation({ node: sources, device: sources }),
      alertAnnotation(`cluster=~"$cluster",node=~"$source_node|"`),
    ],
    rows: [...overviewRows(), ...detailRows()],
  });
}
