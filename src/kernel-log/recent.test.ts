import { describe, expect, test } from 'vitest';

import type { LoggedEvent } from '../model/kernel-event.ts';
import { createRecentEvents } from './recent.ts';
import type { RecentEvents } from './recent.ts';

function event(text: string, device = 'eno1', driver = 'e1000e'): LoggedEvent {
  return { device, driver, event: 'unit_hang', timestampSeconds: 1, text };
}

/** Adds events of a device, one a microsecond. */
function addMany(
  recent: RecentEvents,
  { device, driver = 'e1000e', count, from = 0, isHostDevice = true }: ManyEvents,
): void {
  for (let number = 0; number < count; number += 1) {
    recent.add(event(`${device} ${number}`, device, driver), {
      timestampMicroseconds: from + number,
      isHostDevice,
    });
  }
}

interface ManyEvents {
  readonly device: string;
  readonly driver?: string;
  readonly count: number;
  /** When the first one was, in microseconds. */
  readonly from?: number;
  readonly isHostDevice?: boolean;
}

function textsOf(recent: RecentEvents): readonly string[] {
  return recent.list().map(({ text }) => text);
}

describe('createRecentEvents()', () => {
  test('lists the newest first, whatever the order of arrival', () => {
    const recent = createRecentEvents();
    for (const [text, timestampMicroseconds] of [
      ['second', 2],
      ['first', 1],
      ['third', 3],
    ] as const) {
      recent.add(event(text), { timestampMicroseconds, isHostDevice: true });
    }
    expect(textsOf(recent)).toEqual(['third', 'second', 'first']);
    expect(recent.list()).toBe(recent.list());
  });

  test('keeps equal texts logged at different times, and the order of those logged at once', () => {
    const recent = createRecentEvents();
    for (const [text, timestampMicroseconds] of [
      ['hang', 1],
      ['hang', 2],
      ['reset', 2],
      ['hang', 2],
    ] as const) {
      recent.add(event(text), { timestampMicroseconds, isHostDevice: true });
    }
    expect(textsOf(recent)).toEqual(['reset', 'hang', 'hang']);
  });

  test('is the same after the log is read again, even if it holds more than the limit', () => {
    const recent = createRecentEvents();
    addMany(recent, { device: 'eno1', count: 80 });
    const before = recent.list();
    expect(before).toHaveLength(10);
    expect(before[0]?.text).toBe('eno1 79');
    addMany(recent, { device: 'eno1', count: 80 });
    expect(recent.list()).toEqual(before);
  });

  test('keeps the hang of a device while another one is noisy', () => {
    const recent = createRecentEvents();
    addMany(recent, { device: 'eno1', count: 2 });
    addMany(recent, { device: 'enp6s0', count: 5000, from: 10 });
    expect(recent.list()).toHaveLength(12);
    expect(textsOf(recent).slice(-3)).toEqual(['enp6s0 4990', 'eno1 1', 'eno1 0']);
  });

  test('groups the devices of other namespaces', () => {
    const recent = createRecentEvents();
    addMany(recent, { device: 'eno1', count: 1 });
    addMany(recent, { device: 'gone0', driver: 'igb', count: 1, isHostDevice: false });
    for (let container = 0; container < 300; container += 1) {
      addMany(recent, {
        device: `gw_${container}`,
        driver: '',
        count: 3,
        from: 10 * container,
        isHostDevice: false,
      });
    }
    expect(recent.list()).toHaveLength(12);
    expect(textsOf(recent).slice(0, 4)).toEqual(['gw_299 2', 'gw_299 1', 'gw_299 0', 'gw_298 2']);
    expect(textsOf(recent)).toEqual(expect.arrayContaining(['eno1 0', 'gone0 0']));
  });

  test('keeps 200 events in total, and evicts from the largest group', () => {
    const recent = createRecentEvents();
    addMany(recent, { device: 'quiet', count: 1 });
    for (let index = 0; index < 150; index += 1) {
      addMany(recent, { device: `eth${index}`, count: 10, from: 100 * index });
    }
    const kept = textsOf(recent);
    expect(kept).toHaveLength(200);
    expect(kept).toContain('quiet 0');
    expect(new Set(recent.list().map(({ device }) => device)).size).toBe(151);
    expect(kept[0]).toBe('eth149 9');
  });

  test.each([
    [1000, 'x'.repeat(1000)],
    [1001, `${'x'.repeat(1000)}…`],
  ])('truncates a text of more than 1000 characters: %d', (length, text) => {
    const recent = createRecentEvents();
    recent.add(event('x'.repeat(length)), { timestampMicroseconds: 1, isHostDevice: true });
    expect(textsOf(recent)).toEqual([text]);
  });
});
