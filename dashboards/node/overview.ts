import * as common from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { statePanel, statPanel, timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { changesOfDevice, chosen, nowOrLast } from '../promql/findings.ts';
import { deviceState, deviceStates, lastDeviceState, onOff } from '../promql/states.ts';
import { aboveZero } from '../promql/thresholds.ts';
import { increaseOf, rateOf } from './counters.ts';

const { node, device } = chosen;
const identityLabels =
  'cluster, node, device, kind, driver, driver_version, firmware_version, bus_address';
const scraped = `max(up{job="nicwatch",${node}})`;

/** The part that is visible without scrolling. */
export function overviewRows(): Rows {
  return [
    {
      height: 4,
      panels: [
        [8, scrapedOrNot()],
        [4, state()],
        [4, lastKernelEvent()],
        [4, booted()],
        [4, linkSpeed()],
      ],
    },
    {
      height: 3,
      panels: [[24, identity()]],
    },
    {
      height: 7,
      panels: [
        [10, stateOverTime()],
        [14, offloadFlags()],
      ],
    },
    {
      height: 7,
      panels: [
        [8, receiveErrors()],
        [8, transmitTimeoutsAndKernelEvents()],
        [8, whatChanged()],
      ],
    },
  ];
}

function scrapedOrNot(): PlacedPanel {
  return statPanel({
    title: 'Scraped',
    description:
      'Whether the node is scraped now; if not, since when: then all other panels show its last values.',
    queries: [
      {
        expr: `(${scraped}) == 1`,
        legend: 'scraped now',
        own: { states: { 1: { text: 'yes', color: 'green' } } },
      },
      {
        expr: `1000 * (max(instance:nicwatch_scrape:timestamp_seconds{${node}} or max_over_time(timestamp(nicwatch_build_info{${node}})[$__range:])) unless (${scraped}) == 1)`,
        legend: 'NOT SCRAPED SINCE',
        own: { unit: units.DateTimeFromNow, steps: [[1, 'red']] },
      },
    ],
    noValue: 'Not scraped in this time range',
  });
}

function identity(): PlacedPanel {
  const info = nowOrLast(`nic_device_info{${device}}`);
  return tablePanel({
    title: 'Identity',
    description:
      'Identity, driver and firmware of the device, and the number of known issues it is exposed to; the last values if the node is not scraped.',
    queries: [
      `max by (${identityLabels}) (${info})`,
      `0 * max by (${identityLabels}) (${info}) + on (node, device) group_left () (sum by (node, device) (${nowOrLast(`nic_known_issue{${device}}`)}) or 0 * max by (node, device) (${info}))`,
    ],
    columns: [
      { field: 'node', title: 'Node', width: 140, grows: true },
      { field: 'device', title: 'Device', width: 110 },
      { field: 'Value #B', title: 'Exposed to', width: 90 },
      { field: 'driver', title: 'Driver', width: 100 },
      { field: 'driver_version', title: 'Driver version', width: 170, grows: true },
      { field: 'firmware_version', title: 'Firmware', width: 200, grows: true },
      { field: 'kind', title: 'Kind', width: 90 },
      { field: 'bus_address', title: 'Bus', width: 120 },
      { field: 'cluster', title: 'Cluster', width: 90 },
    ],
    hidden: ['Value #A'],
    noValue: 'No such device in this time range',
  });
}

function state(): PlacedPanel {
  return statPanel({
    title: 'State',
    description: 'The worst current state of the device; the last one if the node is not scraped.',
    states: deviceStates,
    queries: [{ expr: lastDeviceState(chosen), legend: '' }],
    noValue: 'unknown',
  });
}

function linkSpeed(): PlacedPanel {
  return statPanel({
    title: 'Link speed',
    description: 'Speed of the link; unknown without carrier and for virtual devices.',
    unit: units.BitsPerSecondSI,
    queries: [
      { expr: `8 * max(${nowOrLast(`nic_link_speed_bytes_per_second{${device}}`)})`, legend: '' },
    ],
    noValue: 'unknown',
  });
}

function lastKernelEvent(): PlacedPanel {
  return statPanel({
    title: 'Last kernel event',
    description: 'Time of the last kernel-log event of this device.',
    unit: units.DateTimeFromNow,
    queries: [
      {
        expr: `1000 * topk(1, max by (event) (${nowOrLast(`nic_kernel_event_last_timestamp_seconds{${device}}`)}))`,
        legend: '{{event}}',
      },
    ],
    noValue: 'none',
  }).textMode(common.BigValueTextMode.ValueAndName);
}

function booted(): PlacedPanel {
  return statPanel({
    title: 'Booted',
    description: 'Boot time of the node.',
    unit: units.DateTimeFromNow,
    queries: [
      { expr: `1000 * max(${nowOrLast(`nic_boot_timestamp_seconds{${node}}`)})`, legend: '' },
    ],
    noValue: 'unknown',
  });
}

function stateOverTime(): PlacedPanel {
  return statePanel({
    title: 'State over time',
    description:
      'Hangs, timeouts, resets, faults and carrier over time. A gap is a time without a scrape.',
    states: deviceStates,
    queries: [{ expr: deviceState(chosen), legend: '{{device}}' }],
    noValue: 'Not scraped in this time range',
  });
}

function offloadFlags(): PlacedPanel {
  return statePanel({
    title: 'Offload flags',
    description: 'Every flag that can be changed, over time.',
    states: onOff,
    queries: [
      {
        expr: `max by (feature) (nic_offload_enabled{${device},fixed="false"})`,
        legend: '{{feature}}',
      },
    ],
    noValue: 'Not scraped in this time range',
  });
}

function receiveErrors(): PlacedPanel {
  return timePanel({
    title: 'Receive errors',
    description:
      'Packets per second received with a wrong checksum or CRC, missed by the NIC, or dropped for lack of a buffer. The rule fires on any wrong checksum.',
    unit: units.CountsPerSecond,
    steps: [[aboveZero, 'red']],
    queries: [
      rateOf('nic_rx_csum_errors_total', 'checksum'),
      rateOf('nic_rx_crc_errors_total', 'CRC'),
      rateOf('nic_rx_missed_total', 'missed'),
      rateOf('nic_rx_no_buffer_total', 'no buffer'),
    ],
    noValue: 'Not counted by the driver, or not scraped',
  });
}

function transmitTimeoutsAndKernelEvents(): PlacedPanel {
  return timePanel({
    title: 'Transmit timeouts and kernel events',
    description:
      'Timeouts and resets counted by kernel and driver, and what the kernel log reports.',
    queries: [
      increaseOf('nic_tx_timeouts_total', 'watchdog'),
      increaseOf('nic_driver_tx_timeouts_total', 'driver: timeouts'),
      increaseOf('nic_driver_resets_total', 'driver: resets'),
      {
        expr: `max by (event) (increase(nic_kernel_events_total{${device}}[$__rate_interval])) > 0`,
        legend: 'log: {{event}}',
      },
    ],
    noValue: 'Not scraped in this time range',
  });
}

function whatChanged(): PlacedPanel {
  return tablePanel({
    title: 'What changed',
    description:
      'Changes of flags, driver and firmware, and reboots in the time range, latest first.',
    queries: [changesOfDevice(chosen)],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 140 },
      { field: 'change', title: 'Change', width: 170, grows: true },
      { field: 'device', title: 'Device', width: 76 },
    ],
    hidden: ['cluster', 'node'],
    sortBy: [{ title: 'When', descending: true }],
    noValue: 'Nothing changed in this time range',
  });
}
