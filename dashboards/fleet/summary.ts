import * as common from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';

import type { PlacedPanel, Rows } from '../kit/frame.ts';
import { linkToNode } from '../kit/links.ts';
import { statPanel } from '../kit/panels.ts';
import { tablePanel } from '../kit/tables.ts';
import { firingAlerts } from '../promql/alerts.ts';
import { chosen, countOrBlind, perDevice, perNode } from '../promql/findings.ts';
import { deviceStates, lastDeviceState, severities } from '../promql/states.ts';

const { node, device } = chosen;

const agents = `max by (${perNode}) (up{job="nicwatch",${node}})`;
const down = `${agents} == 0`;
const lastScrape = `max by (${perNode}) (instance:nicwatch_scrape:timestamp_seconds{${node}})`;
/** The most severe device state of each node that is down; -1 if unknown. */
const lastWords = `topk by (${perNode}) (1, ${lastDeviceState(chosen)}) and on (${perNode}) (${down}) or -1 + 0 * (${down}) unless on (${perNode}) ${lastDeviceState(chosen)}`;
const noAgent = `-1 * label_replace(absent(up{job="nicwatch",${node}}), "node", "No agent reports", "", "")`;
const reporting = `count(${agents} == 1)`;
/** Targets, and nodes that were one in the past hour. */
const knownNodes = `count(${agents} or ${lastScrape} > time() - 3600)`;
const hanging = `${lastDeviceState(chosen)} == 10 or ${lastDeviceState(chosen)} == 8`;
/** A known issue of low severity is not a problem by itself. */
const exposed = `max by (${perDevice}) (nic_known_issue{${device},severity!="info"}) == 1`;

/** The first row: is anything wrong? */
export function summaryRow(): Rows[number] {
  return {
    height: 4,
    panels: [
      [4, nodesReporting()],
      [8, downNodes()],
      [3, hangingNow()],
      [3, exposedAndUnmitigated()],
      [3, corruptingSenders()],
      [3, alertsFiring()],
    ],
  };
}

function nodesReporting(): PlacedPanel {
  return statPanel({
    title: 'Nodes reporting',
    description:
      'Nodes whose agent is scraped now, out of all targets and nodes scraped in the past hour.',
    queries: [
      {
        expr: `${reporting} == ${knownNodes}`,
        legend: 'all report',
        own: { steps: [[1, 'green']] },
      },
      {
        expr: `(${reporting} or 0 * ${knownNodes}) < ${knownNodes}`,
        legend: 'report',
        own: { steps: [[0, 'red']] },
      },
      { expr: knownNodes, legend: 'of' },
    ],
    noValue: 'No agent reports',
  }).orientation(common.VizOrientation.Vertical);
}

function downNodes(): PlacedPanel {
  return tablePanel({
    title: 'Nodes that do not report',
    description:
      'Nodes that cannot be scraped, the last state of their worst device, and since when.',
    queries: [
      `${lastWords} or ${noAgent}`,
      `0 * (${lastWords}) + on (${perNode}) group_left () 1000 * ${lastScrape}`,
    ],
    columns: [
      { field: 'node', title: 'Node', width: 86, grows: true, link: linkToNode },
      {
        field: 'Value #A',
        title: 'Last said',
        width: 102,
        states: { ...deviceStates, '-1': { text: 'unknown' } },
      },
      { field: 'Value #B', title: 'Silent since', unit: units.DateTimeFromNow, width: 140 },
      { field: 'device', title: 'Device', width: 70 },
    ],
    hidden: ['cluster'],
    sortBy: [{ title: 'Last said', descending: true }],
    noValue: 'All nodes report',
  });
}

function hangingNow(): PlacedPanel {
  return statPanel({
    title: 'Hangs',
    description:
      'Devices whose transmitter hangs or is stalled, now or when their node was last scraped.',
    steps: [[1, 'red']],
    queries: [{ expr: countOrBlind(hanging, chosen), legend: '' }],
    noValue: 'No agent reports',
  });
}

function exposedAndUnmitigated(): PlacedPanel {
  return statPanel({
    title: 'Exposed',
    description:
      'Devices exposed to a known issue of their driver, firmware and offload flags, without mitigation.',
    steps: [[1, 'yellow']],
    queries: [{ expr: countOrBlind(exposed, chosen), legend: '' }],
    noValue: 'No agent reports',
  });
}

function corruptingSenders(): PlacedPanel {
  return statPanel({
    title: 'Senders',
    description:
      'Nodes that corrupt packets they send, as reported by at least two receivers, or whose calls to most others fail. Requires --collector.wire, or metrics of calls between nodes.',
    steps: [[1, 'red']],
    queries: [
      {
        expr: `count(group by (cluster, source_node) (source_node:nic_wire_guilty:ratio{cluster=~"$cluster",source_node=~"$node"} or source_node:rpc_guilty:ratio{cluster=~"$cluster",source_node=~"$node"})) or 0 * count(source_node:nic_wire_bad:ratio_rate15m{cluster=~"$cluster"} or source_node:rpc_destinations:count{cluster=~"$cluster"})`,
        legend: '',
      },
    ],
    noValue: 'Nothing seen',
  });
}

function alertsFiring(): PlacedPanel {
  return statPanel({
    title: 'Alerts',
    description: 'Firing alerts of nicwatch, of the selected nodes and of pairs of nodes.',
    queries: Object.values(severities).map(({ text, color = '' }) => ({
      expr: countOrBlind(firingAlerts(`severity="${text}"`), chosen),
      legend: text,
      own: { steps: [[1, color]] },
    })),
    noValue: 'No agent reports',
  }).orientation(common.VizOrientation.Horizontal);
}
