import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

import { crossNodeDashboard } from './cross-node.ts';
import { fleetDashboard } from './fleet.ts';
import { nodeDashboard } from './node.ts';

/** All dashboards by file name. */
export const dashboards: Readonly<Record<string, () => Dashboard>> = {
  fleet: fleetDashboard,
  node: nodeDashboard,
  'cross-node': crossNodeDashboard,
};
