import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { stringify } from 'yaml';

import { testRules } from './support/promtool.ts';
import { commandProblem, skipNote } from './support/requirements.ts';
import { alertsFolder } from './support/rules.ts';
import { seriesValues } from './support/series-values.ts';
import type { Sample } from './support/series-values.ts';

const problem = commandProblem('promtool');
const step = 15;
const length = (2 * 3600) / step + 1;
const nodes = Array.from(
  { length: 12 },
  (_, index) => `node-${String(index + 1).padStart(2, '0')}`,
);
const issue = 'nic_known_issue{device="eno1",issue="e1000e-tx-hang-tso",severity="critical"}';
const flag = 'nic_offload_enabled{device="eno1",feature="tcp-segmentation-offload",fixed="false"}';

/** Seconds since the beginning, from and to. */
type Span = readonly [from: number, to: number];

const reboots: Readonly<Record<string, Span>> = {
  'node-02': [1200, 1380],
  'node-05': [3000, 3195],
  'node-09': [4800, 4950],
};
const agentRestarts: Readonly<Record<string, Span>> = {
  'node-03': [1800, 1815],
  'node-07': [5700, 5730],
};
/** Prometheus asks nobody: of one node, and of all while it restarts itself. */
const gaps: readonly (readonly [node: string | undefined, span: Span])[] = [
  ['node-04', [2400, 2520]],
  [undefined, [3600, 3660]],
];
const linkFlap = { node: 'node-06', span: [3900, 3930] as const };
const deployment: Span = [6000, 6060];
/** How long a boot takes to set its flags. */
const ifupSeconds = 30;

/** What a metric of a node counts or says, at a moment. */
type Behaviour = (node: string, at: number) => number;

const sinceBoot = (node: string, at: number): number => at - (bootOf(node, at) ?? -86_400);
const isUnmitigated: Behaviour = (node, at) => Number(sinceBoot(node, at) < ifupSeconds);
const zero: Behaviour = () => 0;
const one: Behaviour = () => 1;

const metrics: Readonly<Record<string, Behaviour>> = {
  nicwatch_state_persistent: one,
  'nicwatch_kernel_log_up{source="kmsg"}': one,
  'nicwatch_kernel_log_lost_total{source="kmsg"}': zero,
  'nicwatch_collector_success{collector="ethtool"}': one,
  'nicwatch_device_read_stuck{device="eno1",read="statistics"}': zero,
  nic_boot_timestamp_seconds: (node, at) => bootOf(node, at) ?? -86_400,
  'nic_device_info{device="eno1",kind="physical",driver="e1000e",firmware_version="0.8-4",pci_id="8086:15fb"}':
    one,
  'nic_link_up{device="eno1"}': (node, at) => Number(!isFlapping(node, at)),
  'nic_carrier_changes_total{device="eno1"}': (node, at) =>
    2 + 2 * Number(node === linkFlap.node && at >= linkFlap.span[1]),
  'nic_hang_active{device="eno1"}': zero,
  'nic_tx_stalled{device="eno1"}': zero,
  'nic_tx_timeouts_total{device="eno1"}': zero,
  'nic_driver_tx_timeouts_total{device="eno1"}': zero,
  'nic_rx_csum_errors_total{device="eno1"}': zero,
  // What the Internet is like.
  'nic_stack_csum_errors_total{protocol="tcp"}': (node, at) =>
    Math.floor(sinceBoot(node, at) / 1500),
  'nic_kernel_events_total{device="eno1",driver="e1000e",event="unit_hang"}': zero,
  'nic_kernel_events_total{device="eno1",driver="e1000e",event="adapter_reset"}': zero,
  [issue]: isUnmitigated,
  [flag]: isUnmitigated,
};

test.skipIf(problem !== undefined)(
  `a fleet that is well raises no alert in two hours of reboots, restarts, gaps, a link flap and a deployment${skipNote(problem)}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nicwatch-healthy-'));
    try {
      writeFileSync(join(folder, 'healthy.test.yaml'), stringify(healthyTest()));
      const { exitCode, stderr } = await testRules('healthy.test.yaml', { directory: folder });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  180_000,
);

function healthyTest(): object {
  const fired = 'count by (alertname, severity) (max_over_time(ALERTS{alertstate="firing"}[2h]))';
  return {
    rule_files: [join(alertsFolder, 'nicwatch.rules.yaml')],
    // Half as often as scrapes, which halves the time this takes.
    evaluation_interval: `${2 * step}s`,
    tests: [
      {
        interval: `${step}s`,
        input_series: [
          ...nodes.flatMap((node) => [
            seriesOf(`up{job="nicwatch"}`, node, (at) => (isSilent(node, at) ? 0 : 1)),
            ...Object.entries(metrics).map(([series, behaviour]) =>
              seriesOf(series, node, (at) => (isSilent(node, at) ? 'stale' : behaviour(node, at))),
            ),
          ]),
          ...nodes.flatMap((source) =>
            nodes.filter((dest) => dest !== source).flatMap((dest) => callsOf(source, dest)),
          ),
        ],
        promql_expr_test: [
          // There were some.
          {
            expr: 'min(max_over_time(node_pair:rpc_failures:ratio_rate5m[2h])) > bool 0.01',
            eval_time: '2h',
            exp_samples: [{ labels: '{}', value: 1 }],
          },
          { expr: fired, eval_time: '2h', exp_samples: [] },
        ],
      },
    ],
  };
}

function seriesOf(series: string, node: string, valueAt: (at: number) => Sample) {
  const added = `${series.includes('job=') ? '' : 'job="nicwatch",'}instance="${node}",node="${node}"`;
  return {
    series: series.endsWith('}') ? `${series.slice(0, -1)},${added}}` : `${series}{${added}}`,
    values: seriesValues(length, (index) => {
      const at = index * step;
      return isGap(node, at) ? '_' : valueAt(at);
    }),
  };
}

/** Calls of a pair, five a second; of two thousand one fails. */
function callsOf(source: string, dest: string) {
  const counts = { OK: 100_000, Unavailable: 50 };
  const samples = Array.from({ length }, (_, index) => {
    const at = index * step;
    const failing = isDown(dest, at) ? 1 : isWithin(deployment, at) ? 0.3 : 1 / 2000;
    const calls = isDown(source, at) ? 0 : 5 * step;
    counts.Unavailable += calls * failing;
    counts.OK += calls * (1 - failing);
    return isGap(undefined, at) ? undefined : { ...counts };
  });
  return (['OK', 'Unavailable'] as const).map((code) => ({
    series: `grpc_client_handled_total{source_node="${source}",dest_node="${dest}",grpc_code="${code}"}`,
    values: seriesValues(length, (index) => samples[index]?.[code] ?? '_'),
  }));
}

function isWithin([from, to]: Span, at: number): boolean {
  return at >= from && at < to;
}

function isDown(node: string, at: number): boolean {
  const reboot = reboots[node];
  return reboot !== undefined && isWithin(reboot, at);
}

/** Whether the agent cannot be scraped. */
function isSilent(node: string, at: number): boolean {
  const restart = agentRestarts[node];
  return isDown(node, at) || (restart !== undefined && isWithin(restart, at));
}

function isGap(node: string | undefined, at: number): boolean {
  return gaps.some(([of, span]) => (of === undefined || of === node) && isWithin(span, at));
}

function isFlapping(node: string, at: number): boolean {
  return node === linkFlap.node && isWithin(linkFlap.span, at);
}

function bootOf(node: string, at: number): number | undefined {
  const [, end] = reboots[node] ?? [0, Number.POSITIVE_INFINITY];
  return at >= end ? end : undefined;
}
