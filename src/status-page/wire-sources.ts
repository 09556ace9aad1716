import { wireBad, wireChecked } from '../collectors/wire.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import type { Status, WireSourceStatus } from '../model/status.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { deviceName, grouped, table } from './page-parts.ts';
import { samplesOf } from './samples.ts';

/** The nodes that send packets in tunnels to this one, those with most bad packets first. */
export function wireSources(families: readonly MetricFamily[]): readonly WireSourceStatus[] {
  const bad = samplesOf(families, wireBad);
  return samplesOf(families, wireChecked)
    .map(({ labels: { device, source_address: address }, value }) => ({
      device,
      address,
      checkedPackets: value,
      badPackets: bad
        .filter(({ labels }) => labels.device === device && labels.source_address === address)
        .reduce((sum, { value: count }) => sum + count, 0),
    }))
    .toSorted((one, other) => other.badPackets - one.badPackets);
}

/** The section about them; nothing without the collector `wire`. */
export function wireSection({ wireSources: sources }: Status): Html {
  if (sources === undefined) {
    return html``;
  }
  const seen = sources.filter(({ checkedPackets }) => checkedPackets > 0);
  return html`<section aria-labelledby="sources">
    <h2 id="sources">Packets from other nodes</h2>
    ${
      seen.length === 0
        ? html`<p class="empty">No packet in a tunnel has been verified yet.</p>`
        : table({
            caption: 'Sampled packets in tunnels to this node, by the address that sent them',
            columns: ['From', 'Device', '#Checked', '#Bad checksum', '#Share'],
            rows: seen.map(({ address, device, checkedPackets, badPackets }) => [
              html`<code>${address}</code>`,
              deviceName(device),
              html`${grouped(checkedPackets)}`,
              html`${grouped(badPackets)}`,
              html`${((100 * badPackets) / checkedPackets).toFixed(2)} %`,
            ]),
          })
    }
  </section>`;
}
