import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode } from '../kit/links.ts';
import { heatPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen, perDevice, perNode, withIdentity } from '../promql/findings.ts';
import { csumRate, stackCsumRate, worstOfRange } from '../promql/rates.ts';
import { onOff } from '../promql/states.ts';
import { aboveZero, stackErrorsPerSecond } from '../promql/thresholds.ts';

const { node, device } = chosen;

/** The ten devices with most checksum errors in the time range: the same ten for the whole range. */
const worstDevices = worstOfRange(10, perDevice, `device:nic_rx_csum_errors:rate5m{${device}}`);
const worstStacks = worstOfRange(
  10,
  `${perNode}, protocol`,
  `instance:nic_stack_csum_errors:rate5m{${node}}`,
);
const odd = `device_feature:nic_offload_enabled:odd{${device}}`;

export function detailRows(): Rows {
  return [
    { heading: 'Checksum errors' },
    {
      height: 8,
      panels: [
        [12, receiveChecksumErrorsWorstDevices()],
        [12, receiveChecksumErrorsWhenAndWhere()],
      ],
    },
    {
      height: 8,
      panels: [
        [12, checksumErrorsOfTheStack()],
        [12, offloadFlagsThatDiffer()],
      ],
    },
    {
      height: 8,
      panels: [[24, driversFirmwareAndKnownIssues()]],
    },
  ];
}

function receiveChecksumErrorsWorstDevices(): PlacedPanel {
  return timePanel({
    title: 'Receive checksum errors, worst devices',
    description:
      'Packets per second with a wrong checksum, of the ten devices that received the most in the time range. The rule fires above zero.',
    unit: units.CountsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [
      { expr: `${csumRate} and on (${perDevice}) ${worstDevices}`, legend: '{{node}} {{device}}' },
    ],
    noValue: 'No bad checksum was received',
  });
}

function receiveChecksumErrorsWhenAndWhere(): PlacedPanel {
  return heatPanel({
    title: 'Receive checksum errors, when and where',
    description: 'The same devices as rows: red while any wrong checksum was received.',
    unit: units.CountsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [
      { expr: `${csumRate} and on (${perDevice}) ${worstDevices}`, legend: '{{node}} {{device}}' },
    ],
    noValue: 'No bad checksum was received',
  });
}

function checksumErrorsOfTheStack(): PlacedPanel {
  return timePanel({
    title: 'Checksum errors of the stack',
    description:
      'Packets per second that network stacks drop for a wrong checksum; the ten worst nodes and protocols. NICs without checksum offload, and tunnels, leave the check to the stack.',
    unit: units.CountsPerSecond,
    steps: [[stackErrorsPerSecond, 'orange']],
    queries: [
      {
        expr: `${stackCsumRate} and on (${perNode}, protocol) ${worstStacks}`,
        legend: '{{node}} {{protocol}}',
      },
    ],
    noValue: 'No stack dropped a packet for its checksum',
  });
}

function offloadFlagsThatDiffer(): PlacedPanel {
  const share = `driver_feature:nic_offload_enabled:ratio{cluster=~"$cluster"}`;
  return tablePanel({
    title: 'Offload flags that differ',
    description:
      'Devices with a flag that differs from most devices with the same driver, and how many of those have it on.',
    queries: [
      `max by (${perDevice}, driver, feature) (${odd})`,
      `0 * max by (${perDevice}, driver, feature) (${odd}) + on (cluster, driver, feature) group_left () ${share}`,
    ],
    columns: [
      { field: 'node', title: 'Node', width: 110, link: linkToNode },
      { field: 'device', title: 'Device', width: 80, link: linkToDevice },
      { field: 'feature', title: 'Feature', width: 184, grows: true },
      { field: 'Value #A', title: 'Is', width: 50, states: onOff },
      { field: 'Value #B', title: 'On in the group', unit: units.PercentUnit, width: 112 },
      { field: 'driver', title: 'Driver', width: 76 },
    ],
    hidden: ['cluster'],
    noValue: 'All devices of a driver have the same flags',
  });
}

function driversFirmwareAndKnownIssues(): PlacedPanel {
  return tablePanel({
    title: 'Drivers, firmware and known issues',
    description:
      'Devices per driver and firmware, the known issues they match, and how many are exposed: on the others, these offloads are off.',
    queries: [issues('sum', '0 *'), issues('count', '')],
    columns: [
      { field: 'driver', title: 'Driver', width: 110 },
      { field: 'firmware_version', title: 'Firmware', width: 240, grows: true },
      { field: 'issue', title: 'Known issue', width: 240, grows: true },
      { field: 'severity', title: 'Severity', width: 90 },
      { field: 'Value #A', title: 'Exposed', width: 90 },
      { field: 'Value #B', title: 'Devices', width: 90 },
    ],
    sortBy: [{ title: 'Exposed', descending: true }],
    noValue: 'No agent reports',
  });
}

/** Counts devices by driver, firmware and known issue, and those of no known issue by driver and firmware. */
function issues(aggregation: 'sum' | 'count', without: '' | '0 *'): string {
  const labels = 'driver, firmware_version';
  const known = withIdentity(
    `max by (${perDevice}, issue, severity) (nic_known_issue{${device}})`,
    labels,
    chosen,
  );
  const others = `max by (${perDevice}, ${labels}) (nic_device_info{${device}}) unless on (${perDevice}) nic_known_issue{${device}}`;
  return `${aggregation} by (${labels}, issue, severity) (${known})\nor ${without} count by (${labels}) (${others})`;
}
