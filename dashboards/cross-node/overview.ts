import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode } from '../kit/links.ts';
import { barPanel, statPanel } from '../kit/panels.ts';
import { matrixPanel, tablePanel } from '../kit/tables.ts';
import { changes, perDevice } from '../promql/findings.ts';
import type { Scope } from '../promql/findings.ts';
import {
  corruptOf,
  failuresOf,
  firstSeen,
  ofGuiltySources,
  pairFailures,
  pairRatio,
  pairRequests,
  probeLossOf,
  probeRatio,
  probingNodes,
  wireRatio,
} from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';
import { onOff } from '../promql/states.ts';
import { aboveZero, ratioSteps, thresholds } from '../promql/thresholds.ts';
import { guiltyNodes } from './guilty.ts';

/** Flags that a sender's checksums depend on. */
const transmitFeatures = 'tx-.+|.*segmentation.*';
const sources = 'cluster=~"$cluster",node=~"$source_node"';
const scope: Scope = { node: sources, device: sources };

/** The part that is visible without scrolling. */
export function overviewRows(): Rows {
  return [
    {
      height: 5,
      panels: [
        [15, guiltyNodes()],
        [3, failingPairs()],
        [3, whatIsShown()],
        [3, failures()],
      ],
    },
    {
      height: 10,
      panels: [
        [16, failureMatrix()],
        [4, bySource()],
        [4, byDestination()],
      ],
    },
    {
      height: 6,
      panels: [
        [9, nicsOfGuiltySources()],
        [7, theirTransmitOffloads()],
        [8, whatChangedOnThem()],
      ],
    },
  ];
}

function failingPairs(): PlacedPanel {
  const bad = firstSeen({
    wire: `(${wireRatio()} > ${thresholds.corruptRatio})`,
    probes: `(${probeRatio()} > ${thresholds.probeExcessRatio})`,
    calls: `(${pairRatio()} > ${thresholds.pairFailureRatio})`,
  });
  const all = firstSeen({ wire: wireRatio(), probes: probingNodes(), calls: pairRatio() });
  return statPanel({
    title: 'Bad pairs',
    description:
      'Pairs of nodes with more corrupt packets than the rule allows; if no packets are verified, with more retransmitted probes; if there are no probes, with more failing requests.',
    steps: [[1, 'red']],
    queries: [
      {
        expr: `count(${bad}) or 0 * count(${all})`,
        legend: '',
      },
    ],
    noValue: 'nothing seen',
  });
}

function whatIsShown(): PlacedPanel {
  return statPanel({
    title: 'Measured on',
    description:
      'The source of the matrix and the bad pairs: packets whose checksums the receivers verify (--collector.wire), otherwise probes (nicwatch probe mesh), otherwise calls.',
    unit: units.Short,
    queries: [
      {
        expr: `2 * group(${wireRatio()}) or group(${probingNodes()}) or 0 * group(${pairRatio()})`,
        legend: '',
      },
    ],
    states: { 2: { text: 'the wire' }, 1: { text: 'probes' }, 0: { text: 'calls' } },
    noValue: 'nothing seen',
  });
}

function failures(): PlacedPanel {
  return statPanel({
    title: 'Failures',
    description: 'Ratio of failed requests to all requests, over all pairs.',
    unit: units.PercentUnit,
    steps: ratioSteps,
    queries: [{ expr: `sum(${pairFailures()}) / (sum(${pairRequests()}) > 0)`, legend: '' }],
    noValue: 'no calls seen',
  });
}

function failureMatrix(): PlacedPanel {
  return matrixPanel({
    title: 'Failure ratio, source (row) by destination (column)',
    description:
      'Corrupt packets if checksums are verified on the wire, otherwise segments of probes that the pod network loses in addition to the host network, otherwise failing requests. A red row is a guilty source, a red column a guilty destination. The twenty worst sources and destinations, worst first; empty where there were none, and within a node.',
    unit: units.PercentUnit,
    steps: ratioSteps,
    row: 'from',
    column: 'to',
    query: matrix(),
    noValue: 'Neither packets nor probes nor calls fail, or none are seen',
  });
}

function bySource(): PlacedPanel {
  return barPanel({
    title: 'By source',
    description: 'Failing calls per second from a node; the twelve worst nodes.',
    unit: units.RequestsPerSecond,
    steps: [[aboveZero, 'orange']],
    query: { expr: `topk(12, ${failuresOf('source_node')})`, legend: '{{source_node}}' },
    noValue: 'No calls are seen',
  });
}

function byDestination(): PlacedPanel {
  return barPanel({
    title: 'By destination',
    description: 'Failing calls per second to a node; the twelve worst nodes.',
    unit: units.RequestsPerSecond,
    steps: [[aboveZero, 'orange']],
    query: { expr: `topk(12, ${failuresOf('dest_node')})`, legend: '{{dest_node}}' },
    noValue: 'No calls are seen',
  });
}

function nicsOfGuiltySources(): PlacedPanel {
  const info = `max by (${perDevice}, driver, driver_version, firmware_version) (nic_device_info{${sources}})`;
  return tablePanel({
    title: 'NICs of the guilty sources',
    description:
      'Driver and firmware of the NICs and tunnels of nodes that send corrupt packets or whose calls to most others fail, and the number of known issues they are exposed to.',
    queries: [
      ofGuiltySources(info),
      `0 * (${ofGuiltySources(info)}) + on (${perDevice}) group_left () (sum by (${perDevice}) (nic_known_issue{${sources}}) or 0 * max by (${perDevice}) (nic_device_info{${sources}}))`,
    ],
    columns: [
      { field: 'node', title: 'Node', width: 92, link: linkToNode },
      { field: 'device', title: 'Device', width: 66, link: linkToDevice },
      { field: 'Value #B', title: 'Issues', width: 76 },
      { field: 'driver', title: 'Driver', width: 66 },
      { field: 'firmware_version', title: 'Firmware', width: 80, grows: true },
      { field: 'driver_version', title: 'Version', width: 64 },
    ],
    hidden: ['cluster', 'Value #A'],
    sortBy: [{ title: 'Issues', descending: true }],
    noValue: 'No source is guilty',
  });
}

function theirTransmitOffloads(): PlacedPanel {
  return tablePanel({
    title: 'Their transmit offloads',
    description: 'Offload flags of the guilty sources that affect outgoing checksums.',
    queries: [
      ofGuiltySources(
        `max by (${perDevice}, feature) (nic_offload_enabled{${sources},feature=~"${transmitFeatures}",fixed="false"})`,
      ),
    ],
    columns: [
      { field: 'Value', title: 'Is', width: 44, states: onOff },
      { field: 'feature', title: 'Feature', width: 160, grows: true },
      { field: 'node', title: 'Node', width: 74 },
      { field: 'device', title: 'Device', width: 56 },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'Is', descending: true }],
    noValue: 'No source is guilty',
  });
}

function whatChangedOnThem(): PlacedPanel {
  return tablePanel({
    title: 'What changed on them',
    description:
      'Changes of flags, driver and firmware, and reboots, of the guilty sources in the time range, latest first.',
    queries: [ofGuiltySources(changes(scope))],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 120 },
      { field: 'change', title: 'Change', width: 152, grows: true },
      { field: 'node', title: 'Node', width: 68 },
      { field: 'device', title: 'Device', width: 56 },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'When', descending: true }],
    noValue: 'Nothing changed on a guilty source',
  });
}

/** The twenty sources by the twenty destinations with most that fails, the most first; hosts without their domain. */
function matrix(): string {
  const worst = firstSeen({
    wire: `(${wireRatio()} ${ofWorst20('source_node', corruptOf)} ${ofWorst20('dest_node', corruptOf)})`,
    probes: `(${probeRatio()} ${ofWorst20('source_node', probeLossOf)} ${ofWorst20('dest_node', probeLossOf)})`,
    calls: `(${pairRatio()}\n${ofWorst20('source_node', failuresOf)}\n${ofWorst20('dest_node', failuresOf)})`,
  });
  return `sort_desc(label_replace(label_replace(${worst}, "from", "$1", "source_node", "([^.]+).*"), "to", "$1", "dest_node", "([^.]+).*"))`;
}

function ofWorst20(side: Side, badOf: (side: Side) => string): string {
  return `and on (cluster, ${side}) topk(20, ${badOf(side)})`;
}
