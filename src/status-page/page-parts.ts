import type { DeviceStatus } from '../model/status.ts';
import type { Finding } from './finding.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

export interface TableContent {
  /** For screen readers; others see the heading. */
  readonly caption: string;
  /** Columns that begin with `#` are numeric. */
  readonly columns: readonly string[];
  /** The first cell is the header of its row. */
  readonly rows: readonly (readonly Html[])[];
}

/**
 * A table that can be scrolled by keyboard. On a phone each row is a card whose cells have the titles of their columns, so the
 * roles are explicit: browsers drop the implicit ones when a table is not laid out as one.
 */
export function table({ caption, columns, rows }: TableContent): Html {
  const titleOf = (index: number): string => columns[index]?.replace(/^#/, '') ?? '';
  const classOf = (index: number): string => (columns[index]?.startsWith('#') ? 'number' : '');
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0">
    <table role="table">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(
            (_column, index) =>
              html`<th role="columnheader" scope="col" class="${classOf(index)}">
                ${titleOf(index)}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ([head, ...cells]) =>
            html`<tr role="row">
              <th role="rowheader" scope="row">${head}</th>
              ${cells.map(
                (cell, index) =>
                  html`<td
                    role="cell"
                    class="${classOf(index + 1)}"
                    data-column="${titleOf(index + 1)}"
                  >
                    <div>${cell}</div>
                  </td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Terms and values of a description list. */
export function facts(
  terms: readonly (readonly [term: string, value: Html | string])[],
): readonly Html[] {
  return terms.map(
    ([term, value]) =>
      html`<div>
        <dt>${term}</dt>
        <dd>${value}</dd>
      </div>`,
  );
}

/** The name of a device, isolated from the direction of the text around it. */
export function deviceName(name: string): Html {
  return name === ''
    ? html`<span class="dim">not named</span>`
    : html`<bdi class="name">${name}</bdi>`;
}

/** A timestamp in UTC, as in the logs of a fleet, and its age. */
export function timestamp(timestampSeconds: number, nowSeconds: number): Html {
  return html`${time(timestampSeconds)}
    <span class="ago">(${age(nowSeconds - timestampSeconds)})</span>`;
}

/** A timestamp in UTC. */
export function time(timestampSeconds: number): Html {
  const text = new Date(timestampSeconds * 1000).toISOString();
  return html`<time class="time" datetime="${text}"
    >${text.slice(0, 19).replace('T', ' ')} UTC</time
  >`;
}

/** An age: `45 s ago`, `3 min ago`, `5 h ago`, `12 d ago`. */
export function age(seconds: number): string {
  const [unit, unitSeconds] = units.find(([, , from]) => seconds >= from) ?? ['s', 1];
  return seconds < 1 ? 'just now' : `${Math.floor(seconds / unitSeconds)} ${unit} ago`;
}

/** Units of time, their seconds, and the minimum seconds for which they are used. */
const units = [
  ['d', 86_400, 2 * 86_400],
  ['h', 3600, 2 * 3600],
  ['min', 60, 120],
] as const;

/** A count; one that the driver does not report is not zero. */
export function count(value: number | undefined): Html {
  return value === undefined
    ? html`<span class="dim">not counted</span>`
    : html`<span class="number">${grouped(value)}</span>`;
}

/** A number with its digits in groups of three: `1,234,567`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Link state and speed. */
export function linkText({ linkUp, adminUp, speedBitsPerSecond }: DeviceStatus): Html {
  if (linkUp === undefined) {
    return html`<span class="dim">unknown</span>`;
  }
  const speed = speedBitsPerSecond === undefined ? '' : ` ${speedText(speedBitsPerSecond)}`;
  return linkUp
    ? html`<span class="tag good">up${speed}</span>`
    : html`<span class="tag">${adminUp === false ? 'admin down' : 'down'}</span>`;
}

/** The state of a device in one to three words, and its age. */
export function stateTag(finding: Finding | undefined, nowSeconds: number): Html {
  if (finding === undefined) {
    return html`<span class="tag good">fine</span>`;
  }
  const { grade, state, timestampSeconds: last } = finding;
  return html`<span class="tag ${grade}"
    >${state}${last === undefined ? '' : `, ${age(nowSeconds - last)}`}</span
  >`;
}

function speedText(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e9 ? `${bitsPerSecond / 1e9} Gbit/s` : `${bitsPerSecond / 1e6} Mbit/s`;
}
