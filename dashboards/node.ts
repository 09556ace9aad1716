import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import {
  alertAnnotation,
  bootAnnotation,
  flagAnnotation,
  incidentAnnotation,
} from './kit/annotations.ts';
import { createDashboard } from './kit/frame.ts';
import { clusterVariable, oneOf } from './kit/variables.ts';
import { detailRows } from './node/details.ts';
import { overviewRows } from './node/overview.ts';
import { chosen } from './promql/findings.ts';

export function nodeDashboard(): Dashboard {
  return createDashboard({
    uid: 'nicwatch-node',
    title: 'nicwatch / Node',
    description:
      'One network card of one node: its identity, its state over time, and earlier changes.',
    from: 'now-6h',
    variables: [
      clusterVariable('nic_device_info'),
      oneOf({ name: 'node', label: 'Node', series: 'nic_device_info{cluster=~"$cluster"}' }),
      oneOf({ name: 'device', label: 'Device', series: `nic_device_info{${chosen.node}}` }),
    ],
    annotations: [
      incidentAnnotation(chosen),
      flagAnnotation(chosen),
      bootAnnotation(chosen),
      alertAnnotation(chosen.node),
    ],
    rows: [...overviewRows(), ...detailRows()],
  });
}
