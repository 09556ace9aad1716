import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { crossNodeDashboard } from './cross-node.ts';
import { fleetDashboard } from './fleet.ts';
import { nodeDashboard } from './node.ts';

/** Every dashboard there is, under the name of its file. */
export const dashboards: Readonly<Record<string, () => Dashboard>> = {
  fleet: fleetDashboard,
  node: nodeDashboard,
  'cross-node': crossNodeDashboard,
};
