import type {
  CounterName,
  DeviceStatus,
  EventCountStatus,
  KnownIssueStatus,
  OffloadStatus,
} from '../model/status.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { Finding } from './finding.ts';
import { count, deviceName, facts, linkText, stateTag, timestamp } from './page-parts.ts';

const counterTerms: readonly (readonly [CounterName, term: string])[] = [
  ['rx_packets', 'Packets received'],
  ['tx_packets', 'Packets sent'],
  ['carrier_changes', 'Carrier changes'],
  ['rx_csum_errors', 'Receive checksum errors'],
  ['rx_crc_errors', 'Receive CRC errors'],
  ['rx_missed', 'Missed on receive'],
  ['rx_no_buffer', 'No receive buffer'],
  ['tx_timeouts', 'TX timeouts (kernel)'],
  ['driver_tx_timeouts', 'TX timeouts (driver)'],
  ['driver_resets', 'Resets by the driver'],
];

export interface DeviceDetailsOptions {
  readonly events: readonly EventCountStatus[];
  /** The most severe finding about the device. */
  readonly finding: Finding | undefined;
  readonly nowSeconds: number;
}

/** Details of one device, collapsed unless there is a finding about it. */
export function deviceDetails(
  device: DeviceStatus,
  { events, finding, nowSeconds }: DeviceDetailsOptions,
): Html {
  const { name, hangActive, txStalled, knownIssues, offloads, counters } = device;
  const identity = [
    ['Driver', `${device.driver} ${device.driverVersion}`.trim()],
    ['Firmware', device.firmwareVersion],
    ['Bus address', device.busAddress],
    ['PCI ID', device.pciId],
  ] as const;
  const open = finding === undefined ? html`` : html` open`;
  return html`<details class="device" id="device-${encodeURIComponent(name)}" ${open}>
    <summary>
      <h3>${deviceName(name)}</h3>
      ${linkText(device)}${stateTag(finding, nowSeconds)}<span class="dim"
        >${[...new Set([device.kind, device.driver])].join(', ')}</span
      >
    </summary>
    <div class="detail">
      <dl class="facts">
        ${facts([
          ...identity.filter(([, value]) => value !== ''),
          ['Hang in the kernel log', yesNo(hangActive)],
          ['Stalled transmitter', yesNo(txStalled)],
          ...counterTerms
            .filter(([counter]) => counters[counter] !== undefined)
            .map(([counter, term]) => [term, count(counters[counter])] as const),
        ])}
      </dl>
      ${
        knownIssues.length > 0 &&
        html`<h4>Known issues of the driver</h4>
          ${knownIssues.map(issueBox)}`
      }
      ${offloads.length > 0 && offloadLists(offloads)}
      ${
        events.length > 0 &&
        html`<h4>Kernel events since boot</h4>
          <ul class="flags">
            ${events.map((event) => eventItem(event, nowSeconds))}
          </ul>`
      }
    </div>
  </details> `;
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? 'not reported by the driver' : value ? 'yes' : 'no';
}

/** A known issue and its mitigation: whether it applies is for the reader to judge. */
function issueBox({ id, severity, exposed, symptom, mitigation, sources }: KnownIssueStatus): Html {
  const tag = exposed
    ? html`<span class="tag ${severity === 'info' ? '' : 'warn'}">exposed, ${severity}</span>`
    : html`<span class="tag good">mitigated</span>`;
  return html`<div class="issue">
    <strong class="name">${id}</strong> ${tag} ${symptom !== undefined && html`<p>${symptom}</p>`}
    ${
      mitigation !== undefined &&
      (mitigation.startsWith('ethtool ')
        ? html`<pre tabindex="0" aria-label="Command against ${id}"><code>${mitigation}</code></pre>
            <p class="dim">${riskOf(mitigation)}</p>`
        : html`<p>${mitigation}</p>`)
    }
    ${
      sources.length > 0 &&
      html`<p class="dim">
        Reported:
        ${sources.map(
          (source, index) =>
            html`${index === 0 ? '' : ', '}<a href="${source}" rel="noreferrer"
                >${hostOf(source)}</a
              >`,
        )}
      </p>`
    }
  </div>`;
}

function riskOf(command: string): string {
  const effect = command.startsWith('ethtool -K ')
    ? 'Turning offloads off costs CPU time on a busy NIC'
    : 'The command changes the NIC at once';
  return `The issue is a risk, not a diagnosis. ${effect}, can reset the link for some seconds, and is undone by a reboot unless it is made persistent.`;
}

function hostOf(source: string): string {
  return source.replace(/^https?:\/\//, '').slice(0, 60);
}

function offloadLists(offloads: readonly OffloadStatus[]): Html {
  const groups = [
    ['Offloads that are on', offloads.filter(({ enabled }) => enabled)],
    ['Offloads that are off', offloads.filter(({ enabled, fixed }) => !enabled && !fixed)],
    ['Unsupported offloads', offloads.filter(({ enabled, fixed }) => !enabled && fixed)],
  ] as const;
  return html`${groups
    .filter(([, features]) => features.length > 0)
    .map(
      ([title, features]) =>
        html`<h4>${title}</h4>
          <ul class="flags">
            ${features.map(
              ({ feature, enabled, requested }) =>
                html`<li>
                  <code>${feature}</code>${
                    requested === !enabled &&
                    html` <span class="tag warn">${requested ? 'on' : 'off'} was requested</span>`
                  }
                </li>`,
            )}
          </ul>`,
    )}`;
}

function eventItem(
  { event, count: times, lastTimestampSeconds }: EventCountStatus,
  nowSeconds: number,
): Html {
  return html`<li>
    <code>${event}</code> ${count(times)}${
      lastTimestampSeconds !== undefined &&
      html`, last ${timestamp(lastTimestampSeconds, nowSeconds)}`
    }
  </li>`;
}
