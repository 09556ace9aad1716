import * as units from '@grafana/grafana-foundation-sdk/units';

import { alertNames } from '../kit/annotations.ts';
import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode, linkToRunbook } from '../kit/links.ts';
import { statePanel, statPanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { changes, chosen, findings, perDevice, perNode, withIdentity } from '../promql/findings.ts';
import { csumRate, stackCsumRate } from '../promql/rates.ts';
import { deviceState, deviceStates, troubled } from '../promql/states.ts';
import { stackErrorsPerSecond, thresholds } from '../promql/thresholds.ts';

const { node, device } = chosen;

const hanging = `max by (${perDevice}) (nic_hang_active{${device}}) == 1 or max by (${perDevice}) (nic_tx_stalled{${device}}) == 1`;
/** What is known of a driver but does little harm is no trouble by itself. */
const exposed = `max by (${perDevice}, issue) (nic_known_issue{${device},severity!="info"}) == 1`;
/** Alerts about the chosen nodes, or about pairs of nodes, which carry no node. */
const alerts = `alertname=~"${alertNames}",cluster=~"$cluster",node=~"$node|"`;
const wrongWithDevices = findings(
  [
    {
      text: 'transmitter hangs',
      condition: `max by (${perDevice}) (nic_hang_active{${device}}) == 1`,
    },
    {
      text: 'transmitter stalled',
      condition: `max by (${perDevice}) (nic_tx_stalled{${device}}) == 1`,
    },
    {
      text: 'kernel log: $1',
      label: 'event',
      condition: `max by (${perDevice}, event) (nic_kernel_event_last_timestamp_seconds{${device},event!="dead_loop"}) > time() - ${thresholds.recentSeconds}`,
    },
    { text: 'receives bad checksums', condition: `${csumRate} > 0` },
    { text: 'exposed to $1', label: 'issue', condition: exposed },
  ],
  perDevice,
);
const wrongWithNodes = findings(
  [
    {
      text: 'stack drops bad $1 checksums: suspect the senders',
      label: 'protocol',
      condition: `${stackCsumRate} >= ${stackErrorsPerSecond}`,
    },
  ],
  perNode,
);

/** What is seen without scrolling. */
export function overviewRows(): Rows {
  return [
    {
      height: 4,
      panels: [
        [4, hangingNow()],
        [4, receivingBadChecksums()],
        [4, stackDropsBadChecksums()],
        [4, exposedToAKnownIssue()],
        [4, alertsFiring()],
        [4, nodesReporting()],
      ],
    },
    {
      height: 9,
      panels: [
        [14, whatIsWrongNow()],
        [10, firingAlerts()],
      ],
    },
    {
      height: 8,
      panels: [
        [14, hangsTimeoutsAndResets()],
        [10, whatChanged()],
      ],
    },
  ];
}

function hangingNow(): PlacedPanel {
  return statPanel({
    title: 'Hanging now',
    description: 'Devices whose transmitter hangs or stands still with work waiting.',
    unit: units.Short,
    steps: [[1, 'red']],
    query: { expr: `count(${hanging}) or vector(0)`, legend: '' },
    noValue: '0',
  });
}

function receivingBadChecksums(): PlacedPanel {
  return statPanel({
    title: 'Receiving bad checksums',
    description: 'Devices that count receive checksum errors now.',
    unit: units.Short,
    steps: [[1, 'red']],
    query: { expr: `count(${csumRate} > 0) or vector(0)`, legend: '' },
    noValue: '0',
  });
}

function stackDropsBadChecksums(): PlacedPanel {
  return statPanel({
    title: 'Stack drops bad checksums',
    description:
      'Nodes whose network stack drops packets for a wrong checksum now: their senders, or a tunnel on the way, are to blame.',
    unit: units.Short,
    steps: [[1, 'orange']],
    query: {
      expr: `count(sum by (${perNode}) (${stackCsumRate}) >= ${stackErrorsPerSecond}) or vector(0)`,
      legend: '',
    },
    noValue: '0',
  });
}

function exposedToAKnownIssue(): PlacedPanel {
  return statPanel({
    title: 'Exposed to a known issue',
    description: 'Devices whose driver, firmware and offload flags together are known to be bad.',
    unit: units.Short,
    steps: [[1, 'orange']],
    query: { expr: `count(sum by (${perDevice}) (${exposed})) or vector(0)`, legend: '' },
    noValue: '0',
  });
}

function alertsFiring(): PlacedPanel {
  return statPanel({
    title: 'Alerts firing',
    description: 'Alerts of nicwatch that fire now, of the chosen nodes and of pairs of nodes.',
    unit: units.Short,
    steps: [[1, 'red']],
    query: { expr: `count(${firing()}) or vector(0)`, legend: '' },
    noValue: '0',
  });
}

function nodesReporting(): PlacedPanel {
  return statPanel({
    title: 'Nodes reporting',
    description: 'Nodes whose agent is scraped now.',
    unit: units.Short,
    query: {
      expr: `count(count by (${perNode}) (nicwatch_build_info{${node}}))`,
      legend: '',
    },
    noValue: '0',
  });
}

function whatIsWrongNow(): PlacedPanel {
  return tablePanel({
    title: 'What is wrong now',
    description:
      'Which node and which device, with its driver and firmware, and since when in the time range. Empty when nothing is wrong.',
    unit: units.Short,
    queries: [
      `${withIdentity(wrongWithDevices, 'driver, firmware_version', chosen)}\nor ${wrongWithNodes}`,
    ],
    columns: [
      { field: 'cluster', title: 'Cluster', width: 100 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'device', title: 'Device', width: 110, link: linkToDevice },
      { field: 'problem', title: 'Problem', width: 330 },
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow },
      { field: 'driver', title: 'Driver', width: 90 },
      { field: 'firmware_version', title: 'Firmware' },
    ],
    sortBy: 'Since',
  });
}

function firingAlerts(): PlacedPanel {
  return tablePanel({
    title: 'Firing alerts',
    description: 'Alerts of nicwatch, since when they hold, and their runbooks.',
    unit: units.Short,
    queries: [
      `1000 * max by (alertname, severity, ${perDevice}, source_node, dest_node) (ALERTS_FOR_STATE{${alerts}} and ignoring (alertstate) ${firing()})`,
    ],
    columns: [
      { field: 'alertname', title: 'Alert', width: 220, link: linkToRunbook },
      { field: 'severity', title: 'Severity', width: 80 },
      { field: 'cluster', title: 'Cluster', width: 90 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'device', title: 'Device', width: 80 },
      { field: 'source_node', title: 'Source' },
      { field: 'dest_node', title: 'Destination' },
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow },
    ],
    sortBy: 'Since',
  });
}

function hangsTimeoutsAndResets(): PlacedPanel {
  return statePanel({
    title: 'Hangs, timeouts and resets',
    description:
      'The twenty devices that hung, timed out or were reset last in the time range, and when. A device off the network leaves a gap.',
    unit: units.Short,
    states: deviceStates,
    queries: [
      {
        expr: `(${deviceState(chosen)})\nand on (${perDevice}) ${troubled(chosen, 20)}`,
        legend: '{{node}} {{device}}',
      },
    ],
  }).maxDataPoints(200);
}

function whatChanged(): PlacedPanel {
  return tablePanel({
    title: 'What changed',
    description:
      'Offload flags that flipped, drivers and firmware that are new, and reboots in the time range, the latest first: what came before the trouble?',
    unit: units.Short,
    queries: [changes(chosen)],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 130 },
      { field: 'cluster', title: 'Cluster', width: 90 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'device', title: 'Device', width: 90, link: linkToDevice },
      { field: 'change', title: 'Change', width: 300 },
    ],
    sortBy: 'When',
  }).maxDataPoints(100);
}

function firing(): string {
  return `ALERTS{alertstate="firing",${alerts}}`;
}
