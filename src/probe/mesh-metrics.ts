import { counter, gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';

/** Labels of a pair, a row or a column; `size` is the payload of a datagram, or of a TCP transfer, in bytes. */
export type ProbeLabel = 'source_node' | 'dest_node' | 'path' | 'size';

const labels: readonly ProbeLabel[] = ['source_node', 'dest_node', 'path', 'size'];

export const probeResults: Metric<ProbeLabel | 'result'> = counter({
  name: 'nic_probe_results_total',
  help: 'Probes by result. Without dest_node: all the node sent; without source_node: all that was sent to it; with both: a pair that has failed, while it does and for an hour.',
  labels: [...labels, 'result'],
});
export const probeSentSegments: Metric<ProbeLabel> = counter({
  name: 'nic_probe_sent_segments_total',
  help: 'TCP segments with data that probes sent, retransmitted ones among them, from TCP_INFO of the sender.',
  labels,
});
export const probeRetransmittedSegments: Metric<ProbeLabel> = counter({
  name: 'nic_probe_retransmitted_segments_total',
  help: 'TCP segments of probes that were retransmitted, from TCP_INFO of the sender.',
  labels,
});
export const probeChecksumErrors: Metric<ProbeLabel> = counter({
  name: 'nic_probe_peer_checksum_errors_total',
  help: 'Wrong checksums that the receiver of a probe counted meanwhile in InCsumErrors of its network namespace, at most as many as the probe lost.',
  labels,
});
export const probeCoverage: Metric<'path'> = gauge({
  name: 'nic_probe_pair_coverage_ratio',
  help: 'Share of the peers that were measured within two sweeps, of those known for so long; 0 while no peer can be found.',
  labels: ['path'],
});

/** Exported by `nicwatch probe mesh`. */
export const probeMetrics: readonly Metric[] = [
  probeResults,
  probeSentSegments,
  probeRetransmittedSegments,
  probeChecksumErrors,
  probeCoverage,
];
