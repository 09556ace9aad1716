import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { agentRows } from './fleet/agents.ts';
import { detailRows } from './fleet/details.ts';
import { overviewRows } from './fleet/overview.ts';
import { alertAnnotation, incidentAnnotation } from './kit/annotations.ts';
import { createDashboard } from './kit/frame.ts';
import { anyOf, clusterVariable } from './kit/variables.ts';
import { chosen } from './promql/findings.ts';

export function fleetDashboard(): Dashboard {
  return createDashboard({
    uid: 'nicwatch-fleet',
    title: 'nicwatch / Fleet',
    description:
      'Network cards of all nodes: current problems, their devices and start times, and earlier changes.',
    from: 'now-6h',
    variables: [
      clusterVariable('nicwatch_build_info'),
      anyOf({ name: 'node', label: 'Node', series: 'nicwatch_build_info{cluster=~"$cluster"}' }),
      anyOf({ name: 'device', label: 'Device', series: `nic_device_info{${chosen.node}}` }),
    ],
    annotations: [incidentAnnotation(chosen), alertAnnotation(chosen.node)],
    rows: [...overviewRows(), ...detailRows(), ...agentRows()],
  });
}
