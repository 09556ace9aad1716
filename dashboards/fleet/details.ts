import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode } from '../kit/links.ts';
import { heatPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen, perDevice, perNode, withIdentity } from '../promql/findings.ts';
import { csumRate, stackCsumRate } from '../promql/rates.ts';
import { aboveZero, stackErrorsPerSecond } from '../promql/thresholds.ts';

const { node, device } = chosen;

/** The ten devices with most checksum errors in the time range: the same ten at every moment of it. */
const worstOfRange = `topk(10, sum by (${perDevice}) (increase(nic_rx_csum_errors_total{${device}}[$__range] @ end())) > 0)`;

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
      'The ten devices that received most bad checksums in the time range. The rule fires above zero.',
    unit: units.PacketsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [{ expr: `${csumRate} and ${worstOfRange}`, legend: '{{node}} {{device}}' }],
  });
}

function receiveChecksumErrorsWhenAndWhere(): PlacedPanel {
  return heatPanel({
    title: 'Receive checksum errors, when and where',
    description: 'The same devices as rows of cells: red where any bad checksum was received.',
    unit: units.PacketsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [{ expr: `${csumRate} and ${worstOfRange}`, legend: '{{node}} {{device}}' }],
  });
}

function checksumErrorsOfTheStack(): PlacedPanel {
  return timePanel({
    title: 'Checksum errors of the stack',
    description:
      'Packets that network stacks drop for a wrong checksum, ten nodes and protocols. NICs that check nothing, and tunnels, leave it to the stack.',
    unit: units.PacketsPerSecond,
    steps: [[stackErrorsPerSecond, 'orange']],
    queries: [
      {
        expr: `${stackCsumRate} and topk(10, sum by (${perNode}, protocol) (increase(nic_stack_csum_errors_total{${node}}[$__range] @ end())) > 0)`,
        legend: '{{node}} {{protocol}}',
      },
    ],
  });
}

function offloadFlagsThatDiffer(): PlacedPanel {
  return tablePanel({
    title: 'Offload flags that differ',
    description:
      'Devices whose flag is not that of most devices with the same driver, and how many of those have it on.',
    unit: units.Short,
    queries: [
      minority(),
      `0 * (${minority()}) + on (driver, feature) group_left () ${groupShare()}`,
    ],
    columns: [
      { field: 'driver', title: 'Driver', width: 100 },
      { field: 'feature', title: 'Feature', width: 260 },
      { field: 'cluster', title: 'Cluster', width: 90 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'device', title: 'Device', width: 90, link: linkToDevice },
      {
        field: 'Value #A',
        title: 'Is',
        width: 60,
        states: { 0: { text: 'off' }, 1: { text: 'on' } },
      },
      {
        field: 'Value #B',
        title: 'On in the group',
        unit: units.PercentUnit,
        width: 130,
      },
    ],
  });
}

function driversFirmwareAndKnownIssues(): PlacedPanel {
  return tablePanel({
    title: 'Drivers, firmware and known issues',
    description:
      'Devices of each driver and firmware, the known issues they match, and how many are exposed: the rest has the offloads in question off.',
    unit: units.Short,
    queries: [issues('sum', '0 *'), issues('count', '')],
    columns: [
      { field: 'driver', title: 'Driver' },
      { field: 'firmware_version', title: 'Firmware' },
      { field: 'issue', title: 'Known issue' },
      { field: 'severity', title: 'Severity' },
      { field: 'Value #A', title: 'Exposed' },
      { field: 'Value #B', title: 'Devices' },
    ],
    sortBy: 'Exposed',
  });
}

/** Offload flags that can be switched, with the driver: they form a group. */
function flags(): string {
  return withIdentity(
    `max by (${perDevice}, feature) (nic_offload_enabled{${device},fixed="false"})`,
    'driver',
    chosen,
  );
}

/** How much of a driver's devices have a flag on. */
function groupShare(): string {
  return `avg by (driver, feature) (${flags()})`;
}

/** Flags that are not as those of most devices of the group. */
function minority(): string {
  return `(${flags()} == 1 and on (driver, feature) ${groupShare()} < 0.5)\nor (${flags()} == 0 and on (driver, feature) ${groupShare()} >= 0.5 < 1)`;
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
