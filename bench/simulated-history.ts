import { readFileSync } from 'node:fs';

export interface FleetHistory {
  readonly nodes: number;
  readonly devicesPerNode: number;
  /** Seconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  /** Metrics with samples for the whole time; others have the last ten minutes. */
  readonly metrics: ReadonlySet<string>;
}

/** Incidents of a few nodes, as many as on a bad day. */
const troubledShare = 0.02;
const lastSeconds = 600;

/**
 * The history of a fleet in the OpenMetrics format, in pieces: what the agent says of an e1000e of the recorded host,
 * for every device of every node, and what the recording rules make of it.
 */
export function* fleetHistory(options: FleetHistory): Generator<string> {
  const { nodes, devicesPerNode } = options;
  const lines = readFileSync('test/hosts/debian-6.12.95-qemu/golden/eno1.prom', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (let index = 0; index < nodes; index += 1) {
    const name = `node-${String(index).padStart(4, '0')}`;
    const isTroubled = index < nodes * troubledShare;
    const labels = `cluster="bench",instance="${name}",job="nicwatch",node="${name}"`;
    let piece = samples(`up{${labels}}`, 1, options);
    for (const line of [...lines, ...processLines, ...recorded(options, isTroubled)]) {
      const end = line.lastIndexOf(' ');
      const value = Number(line.slice(end + 1));
      const ofDevice = line.includes('device="eno1"');
      for (let device = 1; device <= (ofDevice ? devicesPerNode : 1); device += 1) {
        const series = withLabels(line.slice(0, end), labels).replace('"eno1"', `"eno${device}"`);
        piece += samples(series, value, options);
      }
    }
    yield piece;
  }
  yield '# EOF\n';
}

const processLines = ['process_cpu_seconds_total 9', 'process_resident_memory_bytes 6e+07'];

/** Values of rules are realistic; those of counters do not matter. */
function recorded({ to }: FleetHistory, isTroubled: boolean): readonly string[] {
  const always = [
    `device:nic_state:code{device="eno1"} ${isTroubled ? 10 : 1}`,
    `device:nic_last_state:code{device="eno1"} ${isTroubled ? 10 : 1}`,
    `device_issue:nic_known_issue:last{device="eno1",issue="e1000e-tx-hang-tso",severity="critical"} 1`,
    `instance:nicwatch_scrape:timestamp_seconds ${to}`,
    `problem:nic_findings:since_timestamp_seconds{device="eno1",problem="exposed to e1000e-tx-hang-tso",scope="nic",severity="warning"} ${to - 7200}`,
  ];
  const inTrouble = [
    `device:nic_state:trouble{device="eno1"} 10`,
    `problem:nic_findings:since_timestamp_seconds{device="eno1",problem="transmitter hangs",scope="nic",severity="critical"} ${to - 3600}`,
    `node:nic_incident:since_timestamp_seconds ${to - 3600}`,
    `device:nic_rx_csum_errors:rate5m{device="eno1"} 0.3`,
    `instance:nic_stack_csum_errors:rate5m{protocol="udp"} 0.3`,
    `device_feature:nic_offload_enabled:odd{device="eno1",driver="e1000e",feature="tcp-segmentation-offload",fixed="false"} 1`,
    `ALERTS{alertname="NICHardwareUnitHang",alertstate="firing",device="eno1",severity="critical"} 1`,
    `ALERTS_FOR_STATE{alertname="NICHardwareUnitHang",device="eno1",severity="critical"} ${to - 3600}`,
    `ALERTS{alertname="NICOffloadChanged",alertstate="firing",device="eno1",feature="tcp-segmentation-offload",severity="info",state="on"} 1`,
    `ALERTS_FOR_STATE{alertname="NICOffloadChanged",device="eno1",feature="tcp-segmentation-offload",severity="info",state="on"} ${to - 3600}`,
  ];
  return isTroubled ? [...always, ...inTrouble] : always;
}

function samples(
  series: string,
  value: number,
  { from, to, stepSeconds, metrics }: FleetHistory,
): string {
  const isCounter = /_total[{]?/.test(series);
  const start = metrics.has(series.replace(/\{.*/, '')) ? from : to - lastSeconds;
  let text = '';
  for (let at = start; at <= to; at += stepSeconds) {
    text += `${series} ${isCounter ? value + at - from : value} ${at}\n`;
  }
  return text;
}

function withLabels(series: string, labels: string): string {
  return series.endsWith('}') ? `${series.slice(0, -1)},${labels}}` : `${series}{${labels}}`;
}
