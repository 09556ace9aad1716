import { describe, expect, test } from 'vitest';

import { linkMessages } from '../parsers/link-message.ts';
import { writeU32 } from '../parsers/ethtool-structs.ts';
import { createLinkAnnouncements } from './link-announcements.ts';
import type { LinkAnnouncements } from './link-announcements.ts';

/** What comes next: the index of a device, an errno, or the length of a message that says nothing. */
type Announced = number | string | { readonly length: number };

function follow(): { readonly changes: LinkAnnouncements; readonly queue: Announced[] } {
  const queue: Announced[] = [];
  const changes = createLinkAnnouncements((buffer) => {
    const next = queue.shift() ?? 'EWOULDBLOCK';
    if (typeof next === 'number') {
      writeU32(buffer, linkMessages.interfaceIndex, next);
      return buffer.length;
    }
    return typeof next === 'string' ? next : next.length;
  });
  return { changes, queue };
}

/** Of the devices 2 and 3: which have changed since, after something was announced. */
function changedAfter(...announced: readonly Announced[]): readonly number[] {
  const { changes, queue } = follow();
  changes.read();
  const previous = new Map([2, 3].map((index) => [index, changes.generation(index)]));
  queue.push(...announced);
  changes.read();
  return [...previous]
    .filter(([index, generation]) => changes.generation(index) !== generation)
    .map(([index]) => index);
}

describe('createLinkAnnouncements()', () => {
  test.each<readonly [what: string, announced: readonly Announced[], changed: readonly number[]]>([
    ['nothing', [], []],
    ['nothing, by its other name', ['EAGAIN'], []],
    ['one device', [3], [3]],
    ['one device again and again', [3, 3, 3], [3]],
    ['both', [3, 2], [2, 3]],
    ['another', [4], []],
    ['announcements that were lost', ['ENOBUFS'], [2, 3]],
    ['one after announcements that were lost', ['ENOBUFS', 4], [2, 3]],
    ['a message too short to say which', [{ length: 23 }], [2, 3]],
    ['a flood', Array.from({ length: 256 }, () => 4), [2, 3]],
    ['more devices than are kept', Array.from({ length: 255 }, (_, index) => 10 + index), []],
  ])('reports after %s which devices have changed', (_what, announced, changed) => {
    expect(changedAfter(...announced)).toEqual(changed);
  });

  test('keeps the generation of a device without announcements', () => {
    const { changes, queue } = follow();
    queue.push(2);
    changes.read();
    const generation = changes.generation(2);
    queue.push(3, 4, 5);
    changes.read();
    expect(changes.generation(2)).toBe(generation);
    queue.push(2);
    changes.read();
    expect(changes.generation(2)).not.toBe(generation);
  });

  test('keeps the generation of a device until announcements are read again', () => {
    const { changes, queue } = follow();
    changes.read();
    const generation = changes.generation(2);
    queue.push(2);
    expect(changes.generation(2)).toBe(generation);
    expect(queue).toEqual([2]);
    changes.read();
    expect(changes.generation(2)).not.toBe(generation);
  });

  test('keeps all generations without announcements', () => {
    const { changes, queue } = follow();
    const previous = changes.read();
    expect(changes.read()).toBe(previous);
    queue.push(2);
    expect(changes.read()).not.toBe(previous);
  });

  test('treats every device as changed if receiving fails', () => {
    let calls = 0;
    const changes = createLinkAnnouncements(() => {
      calls += 1;
      return 'EBADF';
    });
    const previous = [changes.read(), changes.generation(2)];
    const [sequence, generation] = [changes.read(), changes.generation(2)];
    expect(sequence).not.toBe(previous[0]);
    expect(generation).not.toBe(previous[1]);
    expect(calls).toBe(2);
  });

  test('tracks a maximum of devices, and then treats all as changed', () => {
    const { changes, queue } = follow();
    changes.read();
    const previous = changes.generation(2);
    for (let index = 10; index < 10 + 4096; index += 1) {
      queue.push(index);
      changes.read();
    }
    expect(changes.generation(2)).toBe(previous);
    queue.push(5000);
    changes.read();
    expect(changes.generation(2)).not.toBe(previous);
  });
});
