import type { DeviceStatus } from '../model/status.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

export interface TableContent {
  /** For screen readers; the heading above says it to others. */
  readonly caption: string;
  /** Those that begin with `#` are numbers. */
  readonly columns: readonly string[];
  /** The first cell of each row names it. */
  readonly rows: readonly (readonly Html[])[];
}

/** A table that can be scrolled by keyboard where it is too wide. */
export function table({ caption, columns, rows }: TableContent): Html {
  const classOf = (index: number): string => (columns[index]?.startsWith('#') ? 'number' : '');
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            (column, index) =>
              html`<th scope="col" class="${classOf(index)}">${column.replace(/^#/, '')}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([head, ...cells]) =>
            html`<tr>
              <th scope="row">${head}</th>
              ${cells.map((cell, index) => html`<td class="${classOf(index + 1)}">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The name of a device, apart from the text around it whichever way it is written. */
export function deviceName(name: string): Html {
  return name === ''
    ? html`<span class="dim">not told</span>`
    : html`<bdi class="name">${name}</bdi>`;
}

/** A moment, in UTC as the logs of a fleet are read. */
export function moment(timestampSeconds: number): Html {
  const text = new Date(timestampSeconds * 1000).toISOString();
  return html`<time class="time" datetime="${text}"
    >${text.slice(0, 19).replace('T', ' ')} UTC</time
  >`;
}

/** A count; what a driver does not count is not zero. */
export function count(value: number | undefined): Html {
  return value === undefined
    ? html`<span class="dim">not counted</span>`
    : html`<span class="number">${grouped(value)}</span>`;
}

/** A number with its digits in groups of three: `1,234,567`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Whether there is a link, and how fast it is. */
export function linkText({ linkUp, speedBitsPerSecond }: DeviceStatus): Html {
  if (linkUp === undefined) {
    return html`<span class="dim">unknown</span>`;
  }
  const speed = speedBitsPerSecond === undefined ? '' : ` ${speedText(speedBitsPerSecond)}`;
  return linkUp
    ? html`<span class="tag good">up${speed}</span>`
    : html`<span class="tag">down</span>`;
}

function speedText(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e9 ? `${bitsPerSecond / 1e9} Gbit/s` : `${bitsPerSecond / 1e6} Mbit/s`;
}
