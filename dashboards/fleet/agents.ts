import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToNode } from '../kit/links.ts';
import { timePanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { chosen, findings, perNode, withIdentity } from '../promql/findings.ts';

const { node, device } = chosen;

/** What an agent does not see, or cannot say. */
const blind = findings(
  [
    {
      text: 'agent cannot be scraped',
      condition: `max by (${perNode}) (up{job="nicwatch",${node}}) == 0`,
    },
    {
      text: 'agent is gone',
      condition: `max by (${perNode}) (last_over_time(nicwatch_build_info{${node}}[$__range])) unless max by (${perNode}) (up{job="nicwatch",${node}})`,
    },
    {
      text: 'collector $1 fails',
      label: 'collector',
      condition: `max by (${perNode}, collector) (nicwatch_collector_success{${node}}) == 0`,
    },
    {
      text: 'driver of $1 does not answer',
      label: 'device',
      condition: `max by (${perNode}, device) (nicwatch_device_read_stuck{${device}}) == 1`,
    },
    {
      text: '$1 cannot be read',
      label: 'device',
      condition: `min by (${perNode}, device) (nicwatch_device_read_success{${device}}) == 0`,
    },
    {
      text: 'raw statistics of $1 are too many',
      label: 'device',
      condition: `max by (${perNode}, device) (nicwatch_ethtool_statistics_dropped{${device}}) > 0`,
    },
    {
      text: 'kernel log cannot be read',
      condition: `max by (${perNode}) (nicwatch_kernel_log_up{${node}}) == 0`,
    },
    {
      text: 'kernel log is overwritten before it is read',
      condition: `sum by (${perNode}) (increase(nicwatch_kernel_log_lost_total{${node}}[$__rate_interval])) > 0`,
    },
    {
      text: 'counts do not survive a restart',
      condition: `max by (${perNode}) (nicwatch_state_persistent{${node}}) == 0`,
    },
  ],
  perNode,
);

/** The agents themselves: who watches the watchers. */
export function agentRows(): Rows {
  return [
    { heading: 'Agents' },
    {
      height: 8,
      panels: [
        [12, agentsMissingOrBlind()],
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

function agentsMissingOrBlind(): PlacedPanel {
  return tablePanel({
    title: 'Agents missing or blind',
    description:
      'Nodes whose agent cannot be scraped, or does not see something, and since when in the time range. Empty when all see all.',
    unit: units.Short,
    queries: [blind],
    columns: [
      { field: 'cluster', title: 'Cluster', width: 100 },
      { field: 'node', title: 'Node', link: linkToNode },
      { field: 'problem', title: 'Problem', width: 330 },
      { field: 'Value', title: 'Since', unit: units.DateTimeFromNow },
    ],
    sortBy: 'Since',
  }).maxDataPoints(100);
}

function builds(): PlacedPanel {
  return tablePanel({
    title: 'Builds',
    description: 'Which build of the agent runs on how many nodes, and how it reads drivers.',
    unit: units.Short,
    queries: [
      `count by (version, revision, node_version, ethtool_reader) (nicwatch_build_info{${node}})`,
    ],
    columns: [
      { field: 'version', title: 'Version' },
      { field: 'revision', title: 'Revision' },
      { field: 'node_version', title: 'Node.js' },
      { field: 'ethtool_reader', title: 'Reader' },
      { field: 'Value', title: 'Nodes' },
    ],
    sortBy: 'Nodes',
  });
}

function slowestCollectors(): PlacedPanel {
  return timePanel({
    title: 'Slowest collectors',
    description: 'How long a poll of each collector takes, on the slowest node.',
    unit: units.Seconds,
    queries: [
      {
        expr: `max by (collector) (nicwatch_collector_duration_seconds{${node}})`,
        legend: '{{collector}}',
      },
    ],
  });
}

function ageOfWhatIsServed(): PlacedPanel {
  return timePanel({
    title: 'Age of what is served',
    description: 'Time since each collector last delivered, on the node where that is longest ago.',
    unit: units.Seconds,
    queries: [
      {
        expr: `max by (collector) (time() - nicwatch_collector_last_success_timestamp_seconds{${node}})`,
        legend: '{{collector}}',
      },
    ],
  });
}

function kernelLog(): PlacedPanel {
  return timePanel({
    title: 'Kernel log',
    description:
      'Records read from the kernel logs, overwritten before they were read, and left out by the kernel itself.',
    unit: units.OpsPerSecond,
    queries: [
      {
        expr: `sum(rate(nicwatch_kernel_log_records_total{${node}}[$__rate_interval]))`,
        legend: 'read',
      },
      {
        expr: `sum(rate(nicwatch_kernel_log_lost_total{${node}}[$__rate_interval]))`,
        legend: 'lost',
      },
      {
        expr: `sum(rate(nicwatch_kernel_log_suppressed_total{${node}}[$__rate_interval]))`,
        legend: 'suppressed',
      },
    ],
  });
}

function cpuOfTheAgents(): PlacedPanel {
  return timePanel({
    title: 'CPU of the agents',
    description: 'CPU time per second that an agent uses: on the costliest node and on average.',
    unit: units.Short,
    queries: ['max', 'avg'].map((legend) => ({
      expr: `${legend}(rate(process_cpu_seconds_total{job="nicwatch",${node}}[$__rate_interval]))`,
      legend,
    })),
  });
}

function memoryOfTheAgents(): PlacedPanel {
  return timePanel({
    title: 'Memory of the agents',
    description: 'Resident memory of an agent: on the costliest node and on average.',
    unit: units.BytesIEC,
    queries: ['max', 'avg'].map((legend) => ({
      expr: `${legend}(process_resident_memory_bytes{job="nicwatch",${node}})`,
      legend,
    })),
  });
}

function statisticsUnderstood(): PlacedPanel {
  return tablePanel({
    title: 'Statistics understood',
    description:
      'How many statistics of each driver the agents know the meaning of. A driver whose counters were renamed has fewer than before.',
    unit: units.Short,
    queries: ['nic_statistics_mapped', 'nic_statistics_unmapped'].map(
      (metric) => `max by (driver) (${withIdentity(`${metric}{${device}}`, 'driver', chosen)})`,
    ),
    columns: [
      { field: 'driver', title: 'Driver' },
      { field: 'Value #A', title: 'Understood' },
      { field: 'Value #B', title: 'Others' },
    ],
  });
}
