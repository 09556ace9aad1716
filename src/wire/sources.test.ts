import { describe, expect, test } from 'vitest';

import type { InspectedPacket } from '../parsers/tunnel-packet.ts';
import { createSourceTable } from './sources.ts';
import type { SourceTable } from './sources.ts';

describe('createSourceTable()', () => {
  test('begins a source at 0, has what it sent next, and counts each packet once', () => {
    const table = createSourceTable(1);
    count(table, 'a', 3);
    count(table, 'a', 1, 'inner');
    expect(table.rank()).toEqual([
      { address: 'a', checked: 0, bad: { outer: 0, inner: 0 } },
      { address: undefined, checked: 0, bad: { outer: 0, inner: 0 } },
    ]);
    count(table, 'a', 2);
    count(table, 'b', 4, 'inner');
    expect(table.rank()).toEqual([
      { address: 'b', checked: 0, bad: { outer: 0, inner: 0 } },
      { address: undefined, checked: 0, bad: { outer: 0, inner: 0 } },
    ]);
    count(table, 'a', 1, 'outer');
    count(table, 'b', 1, 'outer');
    expect(table.rank()).toEqual([
      { address: 'b', checked: 5, bad: { outer: 1, inner: 4 } },
      { address: undefined, checked: 1, bad: { outer: 1, inner: 0 } },
    ]);
  });

  test.each(['not_ready', 'unchecked', 'ipv6_without_checksum'] as const)(
    'does not count what is %s',
    (result) => {
      const table = createSourceTable(2);
      table.count({ source: 'a', result, badLayer: undefined, packets: 1 });
      expect(table.rank()).toEqual([
        { address: undefined, checked: 0, bad: { outer: 0, inner: 0 } },
      ]);
    },
  );

  test('tracks the worst, and keeps what a source has counted when it comes back', () => {
    const table = createSourceTable(1);
    count(table, 'a', 10);
    table.rank();
    count(table, 'b', 1, 'outer');
    expect(addresses(table)).toEqual(['b', undefined]);
    count(table, 'a', 2, 'outer');
    expect(table.rank()[0]).toMatchObject({ address: 'a', checked: 10 });
  });

  test('does not swap sources that are as busy', () => {
    const table = createSourceTable(1);
    count(table, 'a', 10);
    table.rank();
    count(table, 'b', 15);
    expect(addresses(table)).toEqual(['a', undefined]);
    count(table, 'b', 15);
    expect(addresses(table)).toEqual(['b', undefined]);
  });

  test.each(['good', 'bad'] as const)(
    'names the sender of bad packets among forged addresses with %s ones',
    (forged) => {
      const table = createSourceTable(16);
      for (let index = 0; index < 60_000; index += 1) {
        count(table, `forged ${index}`, 1, forged === 'bad' ? 'outer' : undefined);
        if (index % 100 === 0) {
          count(table, 'true', 1, index % 3000 === 0 ? 'inner' : undefined);
        }
        if (index % 1500 === 0) {
          table.rank();
        }
      }
      const ranked = table.rank();
      expect(ranked).toHaveLength(17);
      expect(ranked[0]).toMatchObject({ address: 'true', bad: { outer: 0 } });
      expect(ranked[0]?.bad.inner).toBeGreaterThan(15);
    },
  );
});

function count(
  table: SourceTable,
  source: string,
  packets: number,
  badLayer?: 'outer' | 'inner',
): void {
  const result: InspectedPacket['result'] = badLayer === undefined ? 'good' : 'bad';
  table.count({ source, result, badLayer, packets });
}

function addresses(table: SourceTable): readonly (string | undefined)[] {
  return table.rank().map(({ address }) => address);
}
