import { createHash } from 'node:crypto';

import type { DeviceStatus, EventCountStatus, Status } from '../model/status.ts';
import { agentSection } from './agent-section.ts';
import { deviceDetails } from './device-details.ts';
import type { Finding } from './finding.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import {
  count,
  deviceName,
  facts,
  grouped,
  linkText,
  stateTag,
  table,
  time,
  timestamp,
} from './page-parts.ts';
import { statusStyle } from './status-style.ts';
import { findingsOf, worstOf } from './status-verdict.ts';
import { verdictSection } from './verdict-section.ts';
import { wireSection } from './wire-sources.ts';

/** Must match the hash byte for byte. */
const style: Html = { markup: `<style>${statusStyle}</style>` };
const styleHash = createHash('sha256').update(statusStyle).digest('base64');

/** Content-Security-Policy that allows nothing but the page's own style. */
export const statusPagePolicy: string = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * The page at `/`: findings, devices, kernel events and status of the agent. It works without scripts, and everything that comes
 * from the host is escaped.
 */
export function statusPage(status: Status, telemetryPath: string): string {
  const { agent, hostname, timestampSeconds: nowSeconds } = status;
  const findings = findingsOf(status);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${hostname} · nicwatch</title>
        ${style}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <h1><bdi>${hostname}</bdi></h1>
          <p>nicwatch, as of ${time(nowSeconds)}</p>
          <nav aria-label="Other pages">
            <a href="${telemetryPath}">Metrics</a>
            <a href="/api/v1/status">Status as JSON</a>
          </nav>
        </header>
        <main id="main" tabindex="-1">
          ${verdictSection(findings, status)} ${figures(status)} ${deviceSections(status, findings)}
          ${wireSection(status)} ${recentEvents(status)} ${previousBoot(status)}
          ${agentSection(agent, nowSeconds)}
        </main>
        <footer>
          nicwatch ${agent.version} (${agent.revision}), Node.js ${agent.nodeVersion}. It only
          reads; nothing on this page changes the host.
        </footer>
      </body>
    </html> `.markup;
}

function figures({
  timestampSeconds,
  devices,
  kernelEvents,
  stackCsumErrors,
  bootTimestampSeconds,
}: Status): Html {
  const stackErrors = Object.values(stackCsumErrors).reduce((sum, errors) => sum + errors, 0);
  const hanging = devices.filter(({ hangActive, txStalled }) => hangActive === true || txStalled);
  const exposed = devices.flatMap(({ knownIssues }) =>
    knownIssues.filter(({ exposed: isExposed, severity }) => isExposed && severity !== 'info'),
  );
  const events = kernelEvents.reduce((sum, event) => sum + event.count, 0);
  return html`<dl class="figures">
      ${facts([
        ['devices watched', grouped(devices.length)],
        ['hanging now', grouped(hanging.length)],
        ['exposures to known issues', grouped(exposed.length)],
        ['kernel events since boot', grouped(events)],
        ['stack checksum errors', grouped(stackErrors)],
      ])}
    </dl>
    ${bootTimestampSeconds !== undefined && html`<p class="dim">Booted ${timestamp(bootTimestampSeconds, timestampSeconds)}</p>`}`;
}

function deviceSections(
  { devices, kernelEvents, timestampSeconds: nowSeconds }: Status,
  findings: readonly Finding[],
): Html {
  return html`<section aria-labelledby="devices">
    <h2 id="devices">Devices</h2>
    ${
      devices.length === 0
        ? html`<p class="empty">No device is watched. --device.include chooses them by name.</p>`
        : html`${table({
            caption: 'Devices and their state',
            columns: [
              'Device',
              'State',
              'Link',
              'Driver',
              'Firmware',
              '#Checksum errors',
              '#TX timeouts',
            ],
            rows: devices.map((device) =>
              overviewRow(device, stateTag(worstOf(findings, device.name), nowSeconds)),
            ),
          })}
          ${devices.map((device) =>
            deviceDetails(device, {
              events: kernelEvents.filter((event) => event.device === device.name),
              finding: worstOf(findings, device.name),
              nowSeconds,
            }),
          )}`
    }
  </section>`;
}

function overviewRow(device: DeviceStatus, state: Html): readonly Html[] {
  const { name, driver, driverVersion, firmwareVersion, counters } = device;
  return [
    html`<a href="#device-${encodeURIComponent(name)}">${deviceName(name)}</a>`,
    state,
    linkText(device),
    html`${driver} <span class="dim">${driverVersion}</span>`,
    firmwareVersion === '' ? html`<span class="dim">not reported</span>` : html`${firmwareVersion}`,
    count(counters.rx_csum_errors),
    count(counters.tx_timeouts),
  ];
}

function recentEvents({
  recentKernelEvents,
  devices,
  agent,
  timestampSeconds: nowSeconds,
}: Status): Html {
  const nothing = agent.kernelLog.some(({ up }) => up)
    ? 'The kernel has logged no hang, reset or other event of network cards since boot.'
    : 'The kernel log is not read.';
  const known = new Set(devices.map(({ name }) => name));
  return html`<section aria-labelledby="events">
    <h2 id="events">Last kernel events</h2>
    ${
      recentKernelEvents.length === 0
        ? html`<p class="empty">${nothing}</p>`
        : table({
            caption:
              'The last kernel-log events of network cards, at most ten per device, newest first',
            columns: ['Time', 'Device', 'Event', 'Kernel message'],
            rows: recentKernelEvents.map(({ timestampSeconds, device, event, text }) => [
              timestampSeconds === undefined ? html`` : timestamp(timestampSeconds, nowSeconds),
              known.has(device)
                ? html`<a href="#device-${encodeURIComponent(device)}">${deviceName(device)}</a>`
                : deviceName(device),
              html`<code>${event}</code>`,
              recordText(text),
            ]),
          })
    }
  </section>`;
}

/** A record of several lines, such as a hang with its registers, is collapsed to its first. */
function recordText(text: string): Html {
  const [first = '', ...others] = text.split('\n');
  return others.length === 0
    ? html`<pre class="text">${text}</pre>`
    : html`<details class="record">
        <summary><code>${first}</code></summary>
        <pre class="text">${others.join('\n')}</pre>
      </details>`;
}

function previousBoot({ previousBootKernelEvents }: Status): Html {
  return html`<section aria-labelledby="previous">
    <h2 id="previous">Previous boot</h2>
    ${
      previousBootKernelEvents.length === 0
        ? html`<p class="empty">
            The previous boot had no such events, or its kernel log is not available.
          </p>`
        : table({
            caption: 'Kernel events of the previous boot',
            columns: ['Device', 'Driver', 'Event', '#Count'],
            rows: previousBootKernelEvents.map(previousRow),
          })
    }
  </section>`;
}

function previousRow({ device, driver, event, count: times }: EventCountStatus): readonly Html[] {
  return [deviceName(device), html`${driver}`, html`<code>${event}</code>`, count(times)];
}
