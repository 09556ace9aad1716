import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { statPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen } from '../promql/findings.ts';
import { onOff, yesNo } from '../promql/states.ts';
import { stackErrorsPerSecond } from '../promql/thresholds.ts';
import { increaseOf, rateOf } from './counters.ts';

const { node, device } = chosen;

export function detailRows(): Rows {
  return [
    { heading: 'Hangs' },
    {
      height: 7,
      panels: [
        [4, waitingAtTheLastHang()],
        [10, kernelEventsOfThisBoot()],
        [10, theBootBeforeThisOne()],
      ],
    },
    { heading: 'Traffic and configuration' },
    {
      height: 7,
      panels: [
        [8, packets()],
        [8, carrierChanges()],
        [8, checksumErrorsOfTheStack()],
      ],
    },
    {
      height: 7,
      panels: [
        [8, knownIssues()],
        [8, flagsThatAreNotAsRequested()],
        [8, whatCanBeRead()],
      ],
    },
  ];
}

function waitingAtTheLastHang(): PlacedPanel {
  return statPanel({
    title: 'Waiting at the last hang',
    description: 'Descriptors that waited to be sent in the last hang record.',
    unit: units.Short,
    query: { expr: `max(nic_hang_pending_descriptors{${device}})`, legend: '' },
    noValue: 'no hang',
  });
}

function kernelEventsOfThisBoot(): PlacedPanel {
  return tablePanel({
    title: 'Kernel events of this boot',
    description:
      'How many records of each kind the kernel has logged since it started, and when the last one was.',
    unit: units.Short,
    queries: [
      `max by (event) (nic_kernel_events_total{${device}}) > 0`,
      `1000 * max by (event) (nic_kernel_event_last_timestamp_seconds{${device}})`,
    ],
    columns: [
      { field: 'event', title: 'Event' },
      { field: 'Value #A', title: 'Records' },
      { field: 'Value #B', title: 'Last', unit: units.DateTimeFromNow },
    ],
    sortBy: 'Last',
  });
}

function theBootBeforeThisOne(): PlacedPanel {
  return tablePanel({
    title: 'The boot before this one',
    description:
      'What the kernel had logged before the node restarted: did a hang end in a power cycle?',
    unit: units.Short,
    queries: [`max by (event) (nic_previous_boot_kernel_events{${device}}) > 0`],
    columns: [
      { field: 'event', title: 'Event' },
      { field: 'Value', title: 'Records' },
    ],
    sortBy: 'Records',
  });
}

function packets(): PlacedPanel {
  return timePanel({
    title: 'Packets',
    description:
      'Packets received and sent. A transmitter that hangs sends none while the link stays up.',
    unit: units.PacketsPerSecond,
    queries: [rateOf('nic_rx_packets_total', 'received'), rateOf('nic_tx_packets_total', 'sent')],
  });
}

function carrierChanges(): PlacedPanel {
  return timePanel({
    title: 'Carrier changes',
    description: 'How often the link came or went; a reset of the device counts two.',
    unit: units.Short,
    queries: [increaseOf('nic_carrier_changes_total', 'changes')],
  });
}

function checksumErrorsOfTheStack(): PlacedPanel {
  return timePanel({
    title: 'Checksum errors of the stack',
    description:
      'Packets the network stack of the node drops for a wrong checksum, whatever device they came from.',
    unit: units.PacketsPerSecond,
    steps: [[stackErrorsPerSecond, 'orange']],
    queries: [
      {
        expr: `max by (protocol) (rate(nic_stack_csum_errors_total{${node}}[$__rate_interval]))`,
        legend: '{{protocol}}',
      },
    ],
  });
}

function knownIssues(): PlacedPanel {
  return tablePanel({
    title: 'Known issues',
    description:
      'Known issues of this driver and firmware, and whether the device is exposed: with the offloads in question off it is not.',
    unit: units.Short,
    queries: [`max by (issue, severity) (nic_known_issue{${device}})`],
    columns: [
      { field: 'issue', title: 'Issue' },
      { field: 'severity', title: 'Severity' },
      {
        field: 'Value',
        title: 'Exposed',
        states: { 0: { text: 'no', color: 'green' }, 1: { text: 'yes', color: 'red' } },
      },
    ],
  });
}

function flagsThatAreNotAsRequested(): PlacedPanel {
  return tablePanel({
    title: 'Flags that are not as requested',
    description: 'Offload features that were asked for and are not active, or the other way round.',
    unit: units.Short,
    queries: [`max by (feature) (nic_offload_requested{${device}})`],
    columns: [
      { field: 'feature', title: 'Feature' },
      { field: 'Value', title: 'Requested', states: onOff },
    ],
  });
}

function whatCanBeRead(): PlacedPanel {
  return tablePanel({
    title: 'What can be read',
    description: 'Which reads of the device succeed, and which have not come back.',
    unit: units.Short,
    queries: [
      `max by (read) (nicwatch_device_read_success{${device}})`,
      `max by (read) (nicwatch_device_read_stuck{${device}})`,
    ],
    columns: [
      { field: 'read', title: 'Read' },
      { field: 'Value #A', title: 'Succeeds', states: yesNo },
      {
        field: 'Value #B',
        title: 'Stuck',
        states: { 0: { text: 'no' }, 1: { text: 'yes', color: 'red' } },
      },
    ],
  });
}
