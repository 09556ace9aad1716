import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToNode } from '../kit/links.ts';
import { timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen, problems, withIdentity } from '../promql/findings.ts';

const { node, device } = chosen;

/** Status of the agents themselves. */
export function agentRows(): Rows {
  return [
    { heading: 'Agents' },
    {
      height: 8,
      panels: [
        [12, agentsThatAreBlind()],
        [12, builds()],
      ],
    },
    {
      height: 7,
      panels: [
        [8, slowestCollectors()],
        [8, ageOfWhatIsServed()],
        [8, kernelLog()],
      ],
    },
    {
      height: 7,
      panels: [
        [8, cpuOfTheAgents()],
        [8, memoryOfTheAgents()],
        [8, statisticsUnderstood()],
      ],
    },
  ];
}

function agentsThatAreBlind(): PlacedPanel {
  return tablePanel({
    title: 'Agents that are blind',
    description:
      'Nodes whose agent cannot read a source, and since when. Nodes that cannot be scraped are at the top of the page.',
    queries: [problems(chosen, 'agent')],
    columns: [
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow, width: 140 },
      { field: 'node', title: 'Node', width: 110, link: linkToNode },
      { field: 'problem', title: 'Problem', width: 290, grows: true },
      { field: 'cluster', title: 'Cluster', width: 70 },
    ],
    hidden: ['severity', 'rank', 'device'],
    sortBy: [{ title: 'Since', descending: true }],
    noValue: 'All agents see all',
  });
}

function builds(): PlacedPanel {
  return tablePanel({
    title: 'Builds',
    description: 'Builds of the agent, their number of nodes, and how they read drivers.',
    queries: [
      `count by (version, revision, node_version, ethtool_reader) (nicwatch_build_info{${node}})`,
    ],
    columns: [
      { field: 'Value', title: 'Nodes', width: 70 },
      { field: 'version', title: 'Version', width: 110 },
      { field: 'revision', title: 'Revision', width: 160, grows: true },
      { field: 'node_version', title: 'Node.js', width: 90 },
      { field: 'ethtool_reader', title: 'Reader', width: 80 },
    ],
    sortBy: [{ title: 'Nodes', descending: true }],
    noValue: 'No agent reports',
  });
}

function slowestCollectors(): PlacedPanel {
  return timePanel({
    title: 'Slowest collectors',
    description: 'Duration of a poll per collector, on the slowest node of the selected clusters.',
    unit: units.Seconds,
    queries: [
      {
        expr: 'max by (collector) (collector:nicwatch_collector_duration_seconds:max{cluster=~"$cluster"})',
        legend: '{{collector}}',
      },
    ],
    noValue: 'No agent reports',
  }).maxDataPoints(60);
}

function ageOfWhatIsServed(): PlacedPanel {
  return timePanel({
    title: 'Age of what is served',
    description: 'Time since the last success of each collector, on the node with the longest.',
    unit: units.Seconds,
    queries: [
      {
        expr: 'time() - min by (collector) (collector:nicwatch_collector_last_success_timestamp_seconds:min{cluster=~"$cluster"})',
        legend: '{{collector}}',
      },
    ],
    noValue: 'No agent reports',
  }).maxDataPoints(60);
}

function kernelLog(): PlacedPanel {
  return timePanel({
    title: 'Kernel log',
    description:
      'Records read from the kernel logs, overwritten before they were read, and suppressed by the kernel.',
    unit: units.OpsPerSecond,
    queries: [
      {
        expr: 'sum(cluster:nicwatch_kernel_log_records:rate5m{cluster=~"$cluster"})',
        legend: 'read',
      },
      {
        expr: 'sum(cluster:nicwatch_kernel_log_lost:rate5m{cluster=~"$cluster"})',
        legend: 'lost',
      },
      {
        expr: 'sum(cluster:nicwatch_kernel_log_suppressed:rate5m{cluster=~"$cluster"})',
        legend: 'suppressed',
      },
    ],
    noValue: 'No agent reports',
  }).maxDataPoints(60);
}

function cpuOfTheAgents(): PlacedPanel {
  return timePanel({
    title: 'CPU of the agents',
    description: 'CPU time per second of an agent: maximum and average over nodes.',
    queries: ['max', 'avg'].map((legend) => ({
      expr: `${legend}(rate(process_cpu_seconds_total{job="nicwatch",${node}}[$__rate_interval]))`,
      legend,
    })),
    noValue: 'No agent reports',
  }).maxDataPoints(60);
}

function memoryOfTheAgents(): PlacedPanel {
  return timePanel({
    title: 'Memory of the agents',
    description: 'Resident memory of an agent: maximum and average over nodes.',
    unit: units.BytesIEC,
    queries: ['max', 'avg'].map((legend) => ({
      expr: `${legend}(process_resident_memory_bytes{job="nicwatch",${node}})`,
      legend,
    })),
    noValue: 'No agent reports',
  }).maxDataPoints(60);
}

function statisticsUnderstood(): PlacedPanel {
  return tablePanel({
    title: 'Statistics understood',
    description:
      'Statistics of each driver that the catalogue maps. A driver whose counters were renamed has fewer.',
    queries: ['nic_statistics_mapped', 'nic_statistics_unmapped'].map(
      (metric) => `max by (driver) (${withIdentity(`${metric}{${device}}`, 'driver', chosen)})`,
    ),
    columns: [
      { field: 'driver', title: 'Driver', width: 110, grows: true },
      { field: 'Value #A', title: 'Understood', width: 100 },
      { field: 'Value #B', title: 'Others', width: 90 },
    ],
    noValue: 'No agent reports',
  });
}
