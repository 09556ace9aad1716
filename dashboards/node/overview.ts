import * as common from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { statePanel, statPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { changes, chosen } from '../promql/findings.ts';
import { deviceState, deviceStates, onOff } from '../promql/states.ts';
import { aboveZero } from '../promql/thresholds.ts';
import { increaseOf, rateOf } from './counters.ts';

const { node, device } = chosen;
const identityLabels = 'kind, driver, driver_version, firmware_version, bus_address';

/** What is seen without scrolling. */
export function overviewRows(): Rows {
  return [
    {
      height: 4,
      panels: [
        [12, identity()],
        [3, state()],
        [3, linkSpeed()],
        [3, lastKernelEvent()],
        [3, booted()],
      ],
    },
    {
      height: 9,
      panels: [
        [10, stateOverTime()],
        [14, offloadFlags()],
      ],
    },
    {
      height: 8,
      panels: [
        [8, receiveErrors()],
        [8, transmitTimeoutsAndKernelEvents()],
        [8, whatChanged()],
      ],
    },
  ];
}

function identity(): PlacedPanel {
  return tablePanel({
    title: 'Identity',
    description:
      'What the device is, which driver and firmware it runs, and the known issues it is exposed to.',
    unit: units.Short,
    queries: [
      `max by (node, device, ${identityLabels}) (nic_device_info{${device}})`,
      `sum by (node, device) (nic_known_issue{${device}})`,
    ],
    columns: [
      { field: 'node', title: 'Node' },
      { field: 'device', title: 'Device', width: 90 },
      { field: 'kind', title: 'Kind', width: 80 },
      { field: 'driver', title: 'Driver', width: 90 },
      { field: 'driver_version', title: 'Driver version' },
      { field: 'firmware_version', title: 'Firmware' },
      { field: 'bus_address', title: 'Bus', width: 110 },
      { field: 'Value #B', title: 'Exposed to', width: 90 },
    ],
    hidden: ['Value #A'],
  });
}

function state(): PlacedPanel {
  return statPanel({
    title: 'State',
    description:
      'Whether the transmitter hangs, stands still, timed out, was reset, or there is no carrier.',
    unit: units.Short,
    states: deviceStates,
    query: { expr: deviceState(chosen), legend: '' },
    noValue: 'unknown',
  });
}

function linkSpeed(): PlacedPanel {
  return statPanel({
    title: 'Link speed',
    description: 'Speed of the link; unknown without carrier and for virtual devices.',
    unit: units.BitsPerSecondSI,
    query: { expr: `max(nic_link_speed_bits_per_second{${device}})`, legend: '' },
    noValue: 'unknown',
  });
}

function lastKernelEvent(): PlacedPanel {
  return statPanel({
    title: 'Last kernel event',
    description: 'When the kernel last logged an event of this device.',
    unit: units.DateTimeFromNow,
    query: {
      expr: `1000 * topk(1, max by (event) (nic_kernel_event_last_timestamp_seconds{${device}}))`,
      legend: '{{event}}',
    },
    noValue: 'never',
  }).textMode(common.BigValueTextMode.ValueAndName);
}

function booted(): PlacedPanel {
  return statPanel({
    title: 'Booted',
    description: 'When the node started.',
    unit: units.DateTimeFromNow,
    query: { expr: `1000 * max(nic_boot_timestamp_seconds{${node}})`, legend: '' },
    noValue: 'unknown',
  });
}

function stateOverTime(): PlacedPanel {
  return statePanel({
    title: 'State over time',
    description:
      'Since when: hangs, timeouts, resets and carrier. A gap is a time without a scrape.',
    unit: units.Short,
    states: deviceStates,
    queries: [{ expr: deviceState(chosen), legend: '{{device}}' }],
  });
}

function offloadFlags(): PlacedPanel {
  return statePanel({
    title: 'Offload flags',
    description: 'Every flag that can be switched, and when it flipped.',
    unit: units.Short,
    states: onOff,
    queries: [
      {
        expr: `max by (feature) (nic_offload_enabled{${device},fixed="false"})`,
        legend: '{{feature}}',
      },
    ],
  });
}

function receiveErrors(): PlacedPanel {
  return timePanel({
    title: 'Receive errors',
    description:
      'Packets received with a wrong checksum, with a wrong CRC, missed by the NIC, or dropped for want of a buffer. The rule fires on any wrong checksum.',
    unit: units.PacketsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [
      rateOf('nic_rx_csum_errors_total', 'checksum'),
      rateOf('nic_rx_crc_errors_total', 'CRC'),
      rateOf('nic_rx_missed_total', 'missed'),
      rateOf('nic_rx_no_buffer_total', 'no buffer'),
    ],
  });
}

function transmitTimeoutsAndKernelEvents(): PlacedPanel {
  return timePanel({
    title: 'Transmit timeouts and kernel events',
    description:
      'Timeouts and resets counted by kernel and driver, and what the kernel log reports.',
    unit: units.Short,
    queries: [
      increaseOf('nic_tx_timeouts_total', 'watchdog'),
      increaseOf('nic_driver_tx_timeouts_total', 'driver: timeouts'),
      increaseOf('nic_driver_resets_total', 'driver: resets'),
      {
        expr: `max by (event) (increase(nic_kernel_events_total{${device}}[$__rate_interval])) > 0`,
        legend: 'log: {{event}}',
      },
    ],
  });
}

function whatChanged(): PlacedPanel {
  return tablePanel({
    title: 'What changed',
    description:
      'Flags that flipped, driver or firmware that are new, and reboots in the time range, the latest first.',
    unit: units.Short,
    queries: [changes(chosen)],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 130 },
      { field: 'device', title: 'Device', width: 90 },
      { field: 'change', title: 'Change' },
    ],
    hidden: ['cluster', 'node'],
    sortBy: 'When',
  });
}
