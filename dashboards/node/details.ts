import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { statPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen, nowOrLast } from '../promql/findings.ts';
import { onOff, yesNo } from '../promql/states.ts';
import { stackErrorsPerSecond } from '../promql/thresholds.ts';
import { increaseOf, rateOf } from './counters.ts';

const { node, device } = chosen;
const lastEvents = `max by (event) (${nowOrLast(`nic_kernel_event_last_timestamp_seconds{${device}}`)})`;

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
    description: 'Descriptors pending in the last hang record.',
    queries: [{ expr: `max(${nowOrLast(`nic_hang_pending_descriptors{${device}}`)})`, legend: '' }],
    noValue: 'no hang',
  });
}

function kernelEventsOfThisBoot(): PlacedPanel {
  return tablePanel({
    title: 'Kernel events of this boot',
    description: 'Kernel-log records of each event since boot, and the time of the last one.',
    queries: [
      `max by (event) (${nowOrLast(`nic_kernel_events_total{${device}}`)}) > 0 or 0 * ${lastEvents}`,
      `1000 * ${lastEvents}`,
    ],
    columns: [
      { field: 'Value #B', title: 'Last', unit: units.DateTimeFromNow, width: 140 },
      { field: 'event', title: 'Event', width: 150, grows: true },
      { field: 'Value #A', title: 'Records', width: 80 },
    ],
    sortBy: [{ title: 'Last', descending: true }],
    noValue: 'None',
  });
}

function theBootBeforeThisOne(): PlacedPanel {
  return tablePanel({
    title: 'The boot before this one',
    description: 'Events in the kernel log of the previous boot: did a hang end in a power cycle?',
    queries: [`max by (event) (${nowOrLast(`nic_previous_boot_kernel_events{${device}}`)}) > 0`],
    columns: [
      { field: 'event', title: 'Event', width: 150, grows: true },
      { field: 'Value', title: 'Records', width: 80 },
    ],
    sortBy: [{ title: 'Records', descending: true }],
    noValue: 'None, or no journal of that boot',
  });
}

function packets(): PlacedPanel {
  return timePanel({
    title: 'Packets',
    description:
      'Packets received and sent per second. A hung transmitter sends none while the link stays up.',
    unit: units.CountsPerSecond,
    queries: [rateOf('nic_rx_packets_total', 'received'), rateOf('nic_tx_packets_total', 'sent')],
    noValue: 'Not scraped in this time range',
  });
}

function carrierChanges(): PlacedPanel {
  return timePanel({
    title: 'Carrier changes',
    description: 'Changes of the carrier; a reset of the device counts as two.',
    queries: [increaseOf('nic_carrier_changes_total', 'changes')],
    noValue: 'Not scraped in this time range',
  });
}

function checksumErrorsOfTheStack(): PlacedPanel {
  return timePanel({
    title: 'Checksum errors of the stack',
    description:
      'Packets per second that the network stack of the node drops for a wrong checksum, from any device; with --collector.netns also those of its pods.',
    unit: units.CountsPerSecond,
    steps: [[stackErrorsPerSecond, 'orange']],
    queries: [
      {
        expr: `max by (protocol) (rate(nic_stack_csum_errors_total{${node}}[$__rate_interval]))`,
        legend: '{{protocol}}',
      },
      {
        expr: `max by (protocol) (rate(nic_netns_csum_errors_total{${node}}[$__rate_interval]))`,
        legend: '{{protocol}} in pods',
      },
    ],
    noValue: 'Not scraped in this time range',
  });
}

function knownIssues(): PlacedPanel {
  return tablePanel({
    title: 'Known issues',
    description:
      'Known issues of this driver and firmware, and whether the device is exposed: it is not while these offloads are off.',
    queries: [`max by (issue, severity) (${nowOrLast(`nic_known_issue{${device}}`)})`],
    columns: [
      { field: 'issue', title: 'Issue', width: 190, grows: true },
      { field: 'severity', title: 'Severity', width: 80 },
      {
        field: 'Value',
        title: 'Exposed',
        width: 80,
        states: { 0: { text: 'no', color: 'green' }, 1: { text: 'yes', color: 'red' } },
      },
    ],
    noValue: 'None is known of this driver',
  });
}

function flagsThatAreNotAsRequested(): PlacedPanel {
  return tablePanel({
    title: 'Flags that are not as requested',
    description: 'Offload features whose requested state differs from the active one.',
    queries: [`max by (feature) (${nowOrLast(`nic_offload_requested{${device}}`)})`],
    columns: [
      { field: 'feature', title: 'Feature', width: 220, grows: true },
      { field: 'Value', title: 'Requested', width: 90, states: onOff },
    ],
    noValue: 'All flags are as requested',
  });
}

function whatCanBeRead(): PlacedPanel {
  return tablePanel({
    title: 'What can be read',
    description: 'Whether each read of the device succeeds or is stuck.',
    queries: [
      `max by (read) (${nowOrLast(`nicwatch_device_read_success{${device}}`)})`,
      `max by (read) (${nowOrLast(`nicwatch_device_read_stuck{${device}}`)})`,
    ],
    columns: [
      { field: 'read', title: 'Read', width: 140, grows: true },
      { field: 'Value #A', title: 'Succeeds', width: 90, states: yesNo },
      {
        field: 'Value #B',
        title: 'Stuck',
        width: 70,
        states: { 0: { text: 'no' }, 1: { text: 'yes', color: 'red' } },
      },
    ],
    noValue: 'Not scraped in this time range',
  });
}
