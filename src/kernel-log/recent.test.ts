import { describe, expect, test } from 'vitest';

import { createRecentEvents } from './recent.ts';

function event(text: string) {
  return {
    device: 'eno1',
    driver: 'e1000e',
    event: 'unit_hang',
    timestampSeconds: 1,
    text,
  } as const;
}

describe('createRecentEvents()', () => {
  test('gives the newest first, however they come', () => {
    const recent = createRecentEvents();
    for (const [text, microseconds] of [
      ['second', 2],
      ['first', 1],
      ['third', 3],
    ] as const) {
      recent.add(event(text), microseconds);
    }
    expect(recent.list().map(({ text }) => text)).toEqual(['third', 'second', 'first']);
    expect(recent.list()).toBe(recent.list());
  });

  test('is the same after the log was read anew, also when it holds more than is kept', () => {
    const recent = createRecentEvents();
    const read = (): void => {
      for (let number = 0; number < 80; number += 1) {
        recent.add(event(`event ${number}`), number);
      }
    };
    read();
    const before = recent.list();
    expect(before).toHaveLength(50);
    expect(before[0]?.text).toBe('event 79');
    read();
    expect(recent.list()).toEqual(before);
  });

  test('cuts a text that is too long', () => {
    const recent = createRecentEvents();
    recent.add(event('x'.repeat(5000)), 1);
    expect(recent.list()[0]?.text).toBe(`${'x'.repeat(1000)}…`);
  });
});
