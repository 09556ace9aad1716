import { describe, expect, test } from 'vitest';

import { wireBad, wireChecked } from '../collectors/wire.ts';
import { statusOf } from './status.ts';
import { wireSection } from './wire-sources.ts';

function labelsOf(address: string) {
  return { device: 'eno1', source_address: address };
}

function status(samples: readonly (readonly [address: string, checked: number, bad: number])[]) {
  const families = [
    wireChecked.family(samples.map(([address, value]) => ({ labels: labelsOf(address), value }))),
    wireBad.family(
      samples.flatMap(([address, , value]) => [
        { labels: { ...labelsOf(address), layer: 'outer' }, value },
        { labels: { ...labelsOf(address), layer: 'inner' }, value: 1 },
      ]),
    ),
  ];
  return statusOf(
    {
      timestampSeconds: 0,
      collected: new Map([['wire', families]]),
      agent: [],
      administrativelyDown: new Set(),
      recentEvents: [],
    },
    { hostname: 'node-a', knownIssues: [] },
  );
}

describe('wireSources()', () => {
  test('adds the layers up and lists the worst first', () => {
    expect(
      status([
        ['192.0.2.2', 1000, 0],
        ['192.0.2.3', 200, 5],
      ]).wireSources,
    ).toEqual([
      { device: 'eno1', address: '192.0.2.3', checkedPackets: 200, badPackets: 6 },
      { device: 'eno1', address: '192.0.2.2', checkedPackets: 1000, badPackets: 1 },
    ]);
  });
});

describe('wireSection()', () => {
  test('shows sources with their ratios', () => {
    const { markup } = wireSection(status([['192.0.2.3', 200, 5]]));
    expect(markup).toContain('192.0.2.3');
    expect(markup).toContain('3.00 %');
  });

  test('shows that no packet was verified, instead of no problem', () => {
    expect(wireSection(status([['other', 0, 0]])).markup).toContain('No packet');
  });
});
