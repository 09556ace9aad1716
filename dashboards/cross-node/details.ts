import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { perDevice, perNode } from '../promql/findings.ts';
import {
  chosenPairs,
  failuresOf,
  pairFailures,
  pairRatio,
  pairRequests,
  requestsOf,
  wireRatio,
  worstPairs,
} from '../promql/pairs.ts';
import type { Side } from '../promql/pairs.ts';
import { yesNo } from '../promql/states.ts';
import { thresholds } from '../promql/thresholds.ts';

const limit = [[thresholds.pairFailureRatio, 'red']] as const;
const noCalls = 'No calls are seen';

export function detailRows(): Rows {
  return [
    { heading: 'Over time' },
    {
      height: 8,
      panels: [
        [12, failureRatioWorstPairs()],
        [12, requestsOfTheWorstPairs()],
      ],
    },
    {
      height: 8,
      panels: [
        [12, ratioBySide('source_node', 'by source', 'of that node')],
        [12, ratioBySide('dest_node', 'by destination', 'to that node')],
      ],
    },
    {
      height: 9,
      panels: [[24, pairs()]],
    },
    { heading: 'On the wire' },
    {
      height: 8,
      panels: [
        [12, corruptWorstPairs()],
        [12, sampling()],
      ],
    },
    { heading: 'Probes' },
    {
      height: 8,
      panels: [
        [12, probesByNetwork()],
        [12, probeCoverage()],
      ],
    },
  ];
}

function ratioBySide(side: Side, words: string, whose: string): PlacedPanel {
  return timePanel({
    title: `Failure ratio ${words}`,
    description: `One line above the others: the requests ${whose} fail.`,
    unit: units.PercentUnit,
    steps: limit,
    queries: [
      {
        expr: `topk(20, ${failuresOf(side)} / (${requestsOf(side)} > 0))`,
        legend: `{{${side}}}`,
      },
    ],
    noValue: noCalls,
  });
}

function failureRatioWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Failure ratio, worst pairs',
    description: 'The ten pairs with the highest failure ratio at the end of the time range.',
    unit: units.PercentUnit,
    steps: limit,
    queries: [
      {
        expr: `${pairRatio()}\nand ${worstPairs(10)}`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
    noValue: 'No call fails',
  });
}

function requestsOfTheWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Requests of the worst pairs',
    description: 'The number of requests behind these ratios.',
    unit: units.RequestsPerSecond,
    queries: [
      {
        expr: `${pairRequests()}\nand ${worstPairs(10)}`,
        legend: '{{source_node}} → {{dest_node}}',
      },
    ],
    noValue: 'No call fails',
  });
}

function pairs(): PlacedPanel {
  return tablePanel({
    title: 'Pairs',
    description: 'The fifty pairs with the highest failure ratio, and their requests.',
    queries: [
      `topk(50, ${pairFailures()})`,
      `${pairRatio()} and topk(50, ${pairFailures()})`,
      `${pairRequests()} and topk(50, ${pairFailures()})`,
    ],
    columns: [
      { field: 'source_node', title: 'Source', width: 160, grows: true },
      { field: 'dest_node', title: 'Destination', width: 160, grows: true },
      { field: 'Value #A', title: 'Failing calls', unit: units.RequestsPerSecond, width: 130 },
      { field: 'Value #B', title: 'Failure ratio', unit: units.PercentUnit, width: 120 },
      { field: 'Value #C', title: 'Requests', unit: units.RequestsPerSecond, width: 120 },
      { field: 'cluster', title: 'Cluster', width: 110 },
    ],
    sortBy: [{ title: 'Failing calls', descending: true }],
    noValue: noCalls,
  });
}

function corruptWorstPairs(): PlacedPanel {
  return timePanel({
    title: 'Corrupt packets, worst pairs',
    description: 'The ten pairs with the highest ratio of packets with a wrong checksum.',
    unit: units.PercentUnit,
    steps: [[thresholds.corruptRatio, 'red']],
    queries: [{ expr: `topk(10, ${wireRatio()} > 0)`, legend: '{{source_node}} → {{dest_node}}' }],
    noValue: 'No packet is corrupt',
  });
}

/** Zero samples are not zero errors. */
function sampling(): PlacedPanel {
  const receivers = 'cluster=~"$cluster",node=~"$dest_node"';
  return tablePanel({
    title: 'Sampling',
    description:
      'What each port verifies: the current sampling ratio, the time of the last sample, samples dropped because the queue was full, and packets without a computed checksum because they were sent on the same machine.',
    unit: units.Short,
    queries: [
      ofDevice(`nic_wire_up{${receivers}}`),
      ofDevice(`nic_wire_sampling_ratio{${receivers}}`),
      ofDevice(`1000 * nic_wire_last_sample_timestamp_seconds{${receivers}}`),
      ofDevice(`rate(nic_wire_lost_samples_total{${receivers}}[$__rate_interval])`),
      ofDevice(`rate(nic_wire_samples_total{${receivers},result="not_ready"}[$__rate_interval])`),
    ],
    columns: [
      { field: 'Value #A', title: 'Up', width: 44, states: yesNo },
      { field: 'node', title: 'Node', width: 80, grows: true },
      { field: 'device', title: 'Device', width: 70 },
      { field: 'Value #B', title: 'Sampled', unit: units.PercentUnit, width: 84 },
      { field: 'Value #C', title: 'Last', unit: units.DateTimeFromNow, width: 130 },
      { field: 'Value #D', title: 'Lost/s', width: 66 },
      { field: 'Value #E', title: 'Not ready/s', width: 100 },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'Up', descending: false }],
    noValue: 'No node verifies checksums: --collector.wire is off',
  });
}

function probesByNetwork(): PlacedPanel {
  return timePanel({
    title: 'Retransmitted probes by network',
    description:
      'The ratio of retransmitted segments of probes, of the ten worst pairs, by network. Congestion affects both networks alike; a loss in the pod network only is caused by the encapsulation.',
    unit: units.PercentUnit,
    steps: [[thresholds.probeExcessRatio, 'red']],
    queries: [
      {
        expr: `topk(10, max by (cluster, source_node, dest_node, path) (node_pair:nic_probe_retransmitted:ratio_rate15m{${chosenPairs}}) > 0)`,
        legend: '{{source_node}} → {{dest_node}} ({{path}})',
      },
    ],
    noValue: 'No probe is retransmitted',
  });
}

function probeCoverage(): PlacedPanel {
  const own = 'cluster=~"$cluster",node=~"$source_node"';
  const results = `nic_probe_results_total{${own},source_node!="",dest_node=""`;
  return tablePanel({
    title: 'Probe coverage',
    description:
      'The ratio of peers that each node has measured in the past two sweeps, and the number of probes without a result by reason.',
    unit: units.Short,
    queries: [
      perNetwork(`nic_probe_pair_coverage_ratio{${own}}`),
      perNetwork(`increase(${results},result="unreachable"}[$__range])`),
      perNetwork(`increase(${results},result=~"timeout|refused|busy|denied"}[$__range])`),
      perNetwork(`increase(${results},result="starved"}[$__range])`),
      perNetwork(
        `increase(nic_probe_peer_checksum_errors_total{${own},source_node!="",dest_node=""}[$__range])`,
      ),
    ],
    columns: [
      { field: 'Value #A', title: 'Covers', unit: units.PercentUnit, width: 70 },
      { field: 'node', title: 'Node', width: 80, grows: true },
      { field: 'path', title: 'Network', width: 76 },
      { field: 'Value #E', title: 'Corrupt', width: 70 },
      { field: 'Value #B', title: 'Unreachable', width: 100 },
      { field: 'Value #C', title: 'No answer', width: 88 },
      { field: 'Value #D', title: 'No CPU', width: 70 },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'Covers', descending: false }],
    noValue: 'No node probes others',
  });
}

function perNetwork(expression: string): string {
  return `sum by (${perNode}, path) (${expression})`;
}

function ofDevice(expression: string): string {
  return `max by (${perDevice}) (${expression})`;
}
