import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode, linkToRunbook } from '../kit/links.ts';
import { statePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { firingSince } from '../promql/alerts.ts';
import {
  changes,
  chosen,
  perDevice,
  problems,
  ranked,
  withIdentityIfAny,
} from '../promql/findings.ts';
import { deviceState, deviceStates, severities, troubled } from '../promql/states.ts';
import { summaryRow } from './summary.ts';

/** The part that is visible without scrolling. */
export function overviewRows(): Rows {
  return [
    summaryRow(),
    {
      height: 9,
      panels: [
        [15, whatIsWrongNow()],
        [9, hangsTimeoutsAndResets()],
      ],
    },
    {
      height: 8,
      panels: [
        [13, firingAlerts()],
        [11, whatChanged()],
      ],
    },
  ];
}

function whatIsWrongNow(): PlacedPanel {
  return tablePanel({
    title: 'What is wrong now',
    description:
      'Node, device, driver, firmware and start time of each problem: the most severe first, then the latest.',
    queries: [
      `label_join(${withIdentityIfAny(problems(chosen, 'nic'), 'driver, firmware_version', chosen)}, "card", " ", "driver", "firmware_version")`,
    ],
    columns: [
      { field: 'rank', title: 'Severity', width: 98, states: severities },
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow, width: 140 },
      { field: 'node', title: 'Node', width: 100, link: linkToNode },
      { field: 'device', title: 'Device', width: 72, link: linkToDevice },
      { field: 'problem', title: 'Problem', width: 198, grows: true },
      { field: 'card', title: 'Driver, firmware', width: 100 },
      { field: 'cluster', title: 'Cluster', width: 62 },
    ],
    hidden: ['severity', 'driver', 'firmware_version'],
    sortBy: [
      { title: 'Severity', descending: false },
      { title: 'Since', descending: true },
    ],
    noValue: 'Nothing is wrong',
  });
}

function firingAlerts(): PlacedPanel {
  return tablePanel({
    title: 'Firing alerts',
    description: 'Firing alerts of nicwatch, their start times and runbooks.',
    queries: [
      `1000 * ${ranked(`max by (alertname, severity, ${perDevice}, dest_node) (${firingSince()})`)}`,
    ],
    columns: [
      { field: 'rank', title: 'Severity', width: 98, states: severities },
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow, width: 140 },
      { field: 'alertname', title: 'Alert', width: 181, grows: true, link: linkToRunbook },
      { field: 'node', title: 'Node', width: 100, link: linkToNode },
      { field: 'device', title: 'Device', width: 66 },
      { field: 'dest_node', title: 'To node', width: 78 },
    ],
    hidden: ['severity', 'cluster'],
    sortBy: [
      { title: 'Severity', descending: false },
      { title: 'Since', descending: true },
    ],
    noValue: 'No alert fires',
  });
}

function hangsTimeoutsAndResets(): PlacedPanel {
  return statePanel({
    title: 'Hangs, timeouts and resets',
    description:
      'The twenty devices with the worst states in the time range. A node that cannot be scraped leaves a gap.',
    states: deviceStates,
    queries: [
      {
        expr: `${deviceState(chosen)}\nand on (${perDevice}) ${troubled(chosen, 20)}`,
        legend: '{{node}} {{device}}',
      },
    ],
    noValue: 'No trouble in this time range',
  }).maxDataPoints(120);
}

function whatChanged(): PlacedPanel {
  return tablePanel({
    title: 'What changed',
    description:
      'Changes of offload flags, drivers and firmware, and reboots in the time range, latest first: what preceded the problem?',
    queries: [changes(chosen)],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 140 },
      { field: 'node', title: 'Node', width: 100, link: linkToNode },
      { field: 'device', title: 'Device', width: 84, link: linkToDevice },
      { field: 'change', title: 'Change', width: 220, grows: true },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'When', descending: true }],
    noValue: 'Nothing changed in this time range',
  });
}
