import { createHash } from 'node:crypto';

import type { DeviceStatus, EventCountStatus, Status } from '../model/status.ts';
import { agentSection } from './agent-section.ts';
import { deviceDetails } from './device-details.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { count, deviceName, grouped, linkText, moment, table } from './page-parts.ts';
import { statusStyle } from './status-style.ts';
import { findingsOf, gradeOf } from './status-verdict.ts';
import type { Finding } from './status-verdict.ts';

/** As it is hashed: not one space may be added to it. */
const style: Html = { markup: `<style>${statusStyle}</style>` };
const styleHash = createHash('sha256').update(statusStyle).digest('base64');

/** Lets the browser do nothing but show the page in its own style. */
export const statusPagePolicy: string = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * The page at `/`: what is wrong now, every device, what the kernel said, and how the agent fares. It works without
 * scripts, and all that comes from the machine is text.
 */
export function statusPage(status: Status, telemetryPath: string): string {
  const { agent } = status;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>nicwatch</title>
        ${style}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <h1>nicwatch</h1>
          <p>the network cards of this node</p>
          <nav aria-label="Other pages">
            <a href="${telemetryPath}">Metrics</a>
            <a href="/api/v1/status">Status as JSON</a>
          </nav>
        </header>
        <main id="main" tabindex="-1">
          ${verdict(findingsOf(status))} ${figures(status)} ${deviceSections(status)}
          ${recentEvents(status)} ${previousBoot(status)} ${agentSection(agent)}
        </main>
        <footer>
          nicwatch ${agent.version} (${agent.revision}), Node.js ${agent.nodeVersion}. It only
          reads; nothing on this page changes the host.
        </footer>
      </body>
    </html> `.markup;
}

function verdict(findings: readonly Finding[]): Html {
  const [worst] = findings;
  if (worst === undefined) {
    return html`<section class="verdict good" aria-labelledby="now">
      <h2 id="now">Nothing is wrong now</h2>
      <p>No device hangs, no serious known issue applies, and the agent reads what it should.</p>
    </section>`;
  }
  return html`<section class="verdict ${worst.grade}" aria-labelledby="now">
    <h2 id="now">${worst.grade === 'bad' ? 'A device is in trouble' : 'Worth a look'}</h2>
    <ul>
      ${findings.map(
        ({ device, sentence }) =>
          html`<li>${device === undefined ? '' : html`${deviceName(device)} `}${sentence}</li>`,
      )}
    </ul>
  </section>`;
}

function figures({ devices, kernelEvents, stackCsumErrors, bootTimestampSeconds }: Status): Html {
  const stackErrors = Object.values(stackCsumErrors).reduce((sum, errors) => sum + errors, 0);
  const hanging = devices.filter(({ hangActive, txStalled }) => hangActive === true || txStalled);
  const exposed = devices.flatMap(({ knownIssues }) =>
    knownIssues.filter(({ exposed: isExposed, severity }) => isExposed && severity !== 'info'),
  );
  const events = kernelEvents.reduce((sum, event) => sum + event.count, 0);
  return html`<dl class="figures">
      ${(
        [
          ['devices watched', devices.length],
          ['hanging now', hanging.length],
          ['exposures to known issues', exposed.length],
          ['kernel events since boot', events],
          ['stack checksum errors', stackErrors],
        ] as const
      ).map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${grouped(value)}</dd>
          </div>`,
      )}
    </dl>
    ${bootTimestampSeconds === undefined ? '' : html`<p class="dim">Booted ${moment(bootTimestampSeconds)}</p>`}`;
}

function deviceSections({ devices, kernelEvents }: Status): Html {
  return html`<section aria-labelledby="devices">
    <h2 id="devices">Devices</h2>
    ${
      devices.length === 0
        ? html`<p class="empty">No device is watched. --device.include chooses them by name.</p>`
        : html`${table({
            caption: 'Devices and their state',
            columns: [
              'Device',
              'Driver',
              'Firmware',
              'Link',
              '#Checksum errors',
              '#TX timeouts',
              'State',
            ],
            rows: devices.map(overviewRow),
          })}
          ${devices.map((device) =>
            deviceDetails(
              device,
              kernelEvents.filter((event) => event.device === device.name),
            ),
          )}`
    }
  </section>`;
}

function overviewRow(device: DeviceStatus): readonly Html[] {
  const { name, driver, driverVersion, firmwareVersion, counters } = device;
  return [
    html`<a href="#device-${encodeURIComponent(name)}">${deviceName(name)}</a>`,
    html`${driver} <span class="dim">${driverVersion}</span>`,
    firmwareVersion === '' ? html`<span class="dim">not told</span>` : html`${firmwareVersion}`,
    linkText(device),
    count(counters['rx_csum_errors']),
    count(counters['tx_timeouts']),
    stateTags(device),
  ];
}

function stateTags(device: DeviceStatus): Html {
  const grade = gradeOf(device);
  if (grade === 'bad') {
    return html`<span class="tag bad">in trouble</span>`;
  }
  return grade === 'warn'
    ? html`<span class="tag warn">known issue</span>`
    : html`<span class="tag good">fine</span>`;
}

function recentEvents({ recentKernelEvents, devices, agent }: Status): Html {
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
            caption: 'The last events of the kernel log about network cards, the newest first',
            columns: ['Time', 'Device', 'Event', 'What the kernel said'],
            rows: recentKernelEvents.map(({ timestampSeconds, device, event, text }) => [
              timestampSeconds === undefined ? html`` : moment(timestampSeconds),
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

/** A record of many lines, such as a hang with its registers, is folded to its first. */
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
    <h2 id="previous">Before the last boot</h2>
    ${
      previousBootKernelEvents.length === 0
        ? html`<p class="empty">
            Nothing is known of the boot before this one, or it had no such events.
          </p>`
        : table({
            caption: 'Kernel events of the boot before this one',
            columns: ['Device', 'Driver', 'Event', '#Count'],
            rows: previousBootKernelEvents.map(previousRow),
          })
    }
  </section>`;
}

function previousRow({ device, driver, event, count: times }: EventCountStatus): readonly Html[] {
  return [deviceName(device), html`${driver}`, html`<code>${event}</code>`, count(times)];
}
