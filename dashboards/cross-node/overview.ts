import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToDevice, linkToNode } from '../kit/links.ts';
import { barPanel, statPanel } from '../kit/panels.ts';
import { matrixPanel, tablePanel } from '../kit/tables.ts';
import { changes, firstSeen, perNode } from '../promql/findings.ts';
import {
  failingShare,
  pairFailures,
  pairRatio,
  pairRequests,
  worstShare,
  worstSource,
} from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';
import { onOff } from '../promql/states.ts';
import { thresholds } from '../promql/thresholds.ts';

/** Flags that a sender's checksums depend on. */
const transmitFeatures = 'tx-.+|.*segmentation.*';

const ratioSteps = [[thresholds.pairFailureRatio, 'red']] as const;
const shareSteps = [[thresholds.failingShare, 'red']] as const;

/** What is seen without scrolling. */
export function overviewRows(): Rows {
  return [
    {
      height: 4,
      panels: [
        [13, guiltyNodes()],
        [4, failingPairs()],
        [4, requests()],
        [3, failures()],
      ],
    },
    {
      height: 11,
      panels: [
        [14, failureMatrix()],
        [5, bySource()],
        [5, byDestination()],
      ],
    },
    {
      height: 6,
      panels: [
        [10, nicsOfTheWorstSource()],
        [7, itsTransmitOffloads()],
        [7, whatChangedOnIt()],
      ],
    },
  ];
}

function guiltyNodes(): PlacedPanel {
  const isMost = `> ${thresholds.failingShare}`;
  const since = (side: Side): string => firstSeen(`${worstShare(side)} ${isMost}`);
  return tablePanel({
    title: 'Guilty nodes',
    description:
      'Nodes whose requests to most others fail, or to whom the requests of most others fail; for the worst of each, since when in the time range. Empty when failures have no node in common.',
    unit: units.Short,
    queries: [guilty((side) => `${failingShare(side)} ${isMost}`), `1000 * (${guilty(since)})`],
    columns: [
      { field: 'cluster', title: 'Cluster', width: 100 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'side', title: 'As', width: 100 },
      { field: 'Value #A', title: 'Fails with', unit: units.PercentUnit, width: 110 },
      { field: 'Value #B', title: 'Since', unit: units.DateTimeFromNow },
    ],
  }).interval('5m');
}

function failingPairs(): PlacedPanel {
  return statPanel({
    title: 'Failing pairs',
    description: 'Pairs of nodes between which more requests fail than the rule allows.',
    unit: units.Short,
    steps: [[1, 'red']],
    query: {
      expr: `count(${pairRatio()} > ${thresholds.pairFailureRatio}) or vector(0)`,
      legend: '',
    },
    noValue: 'no requests',
  }).interval('5m');
}

function requests(): PlacedPanel {
  return statPanel({
    title: 'Requests',
    description: 'Requests between all chosen nodes: a ratio of few says little.',
    unit: units.RequestsPerSecond,
    query: { expr: `sum(${pairRequests()})`, legend: '' },
    noValue: 'no requests',
  }).interval('5m');
}

function failures(): PlacedPanel {
  return statPanel({
    title: 'Failures',
    description: 'Failed requests by all requests, over all pairs.',
    unit: units.PercentUnit,
    steps: ratioSteps,
    query: {
      expr: `sum(${pairFailures()}) / (sum(${pairRequests()}) > 0)`,
      legend: '',
    },
    noValue: 'no requests',
  }).interval('5m');
}

function failureMatrix(): PlacedPanel {
  return matrixPanel({
    title: 'Failure ratio, source (row) by destination (column)',
    description:
      'A red row is a guilty source, a red column a guilty destination. The worst twenty of each, the worst first; empty where there were no requests.',
    unit: units.PercentUnit,
    steps: ratioSteps,
    row: 'source_node',
    column: 'dest_node',
    query: matrix(),
  }).interval('5m');
}

function bySource(): PlacedPanel {
  return barPanel({
    title: 'By source',
    description:
      'Share of the destinations a node has failures with: red where it is most of them.',
    unit: units.PercentUnit,
    steps: shareSteps,
    query: {
      expr: `topk(12, ${failingShare('source_node')})`,
      legend: '{{source_node}}',
    },
  }).interval('5m');
}

function byDestination(): PlacedPanel {
  return barPanel({
    title: 'By destination',
    description:
      'Share of the sources that have failures with a node: red where it is most of them.',
    unit: units.PercentUnit,
    steps: shareSteps,
    query: { expr: `topk(12, ${failingShare('dest_node')})`, legend: '{{dest_node}}' },
  }).interval('5m');
}

function nicsOfTheWorstSource(): PlacedPanel {
  return tablePanel({
    title: 'NICs of the worst source',
    description:
      'Driver and firmware of the NICs and tunnels of the node whose requests fail towards most others, and the known issues they are exposed to.',
    unit: units.Short,
    queries: [
      `max by (${perNode}, device, driver, driver_version, firmware_version) (nic_device_info{${worstSource.device}})`,
      `sum by (${perNode}, device) (nic_known_issue{${worstSource.device}})`,
    ],
    columns: [
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'device', title: 'Device', width: 90, link: linkToDevice },
      { field: 'driver', title: 'Driver', width: 80 },
      { field: 'driver_version', title: 'Driver version' },
      { field: 'firmware_version', title: 'Firmware' },
      { field: 'Value #B', title: 'Exposed to', width: 80 },
    ],
    hidden: ['cluster', 'Value #A'],
  });
}

function itsTransmitOffloads(): PlacedPanel {
  return tablePanel({
    title: 'Its transmit offloads',
    description: 'Offload flags of the worst source that its outgoing checksums depend on.',
    unit: units.Short,
    queries: [
      `max by (${perNode}, device, feature) (nic_offload_enabled{${worstSource.device},feature=~"${transmitFeatures}",fixed="false"})`,
    ],
    columns: [
      { field: 'device', title: 'Device', width: 90 },
      { field: 'feature', title: 'Feature' },
      { field: 'Value', title: 'Is', width: 60, states: onOff },
    ],
    hidden: ['cluster', 'node'],
    sortBy: 'Is',
  });
}

function whatChangedOnIt(): PlacedPanel {
  return tablePanel({
    title: 'What changed on it',
    description:
      'Flags, driver, firmware and reboots of the worst source in the time range, the latest first.',
    unit: units.Short,
    queries: [changes(worstSource)],
    columns: [
      { field: 'Value', title: 'When', unit: units.DateTimeFromNow, width: 110 },
      { field: 'device', title: 'Device', width: 80 },
      { field: 'change', title: 'Change' },
    ],
    hidden: ['cluster', 'node'],
    sortBy: 'When',
  });
}

/** The worst twenty sources by the worst twenty destinations, the worst pair first. */
function matrix(): string {
  return `sort_desc(${pairRatio()}\n${ofWorst20('source_node')}\n${ofWorst20('dest_node')})`;
}

function ofWorst20(side: Side): string {
  return `and on (cluster, ${side}) topk(20, avg by (cluster, ${side}) (${pairRatio()}))`;
}

/** Nodes as a source or as a destination, under the labels `node` and `side`. */
function guilty(condition: (side: Side) => string): string {
  const sides = [
    ['source', 'source_node'],
    ['destination', 'dest_node'],
  ] as const;
  const named = sides.map(
    ([word, side]) =>
      `label_replace(label_replace(${condition(side)}, "node", "$1", "${side}", "(.+)"), "side", "${word}", "", "")`,
  );
  return `max by (${perNode}, side) (${named.join('\nor ')})`;
}
