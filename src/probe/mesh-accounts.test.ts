import { describe, expect, test } from 'vitest';

import type { ProbeReading } from '../model/probe-report.ts';
import { createMeshAccounts } from './mesh-accounts.ts';
import type { MeshAccounts } from './mesh-accounts.ts';

const size = 262_144;
const began = 1000;

/** A bulk in one direction. */
function bulk(
  direction: ProbeReading['direction'],
  changes: Partial<ProbeReading> = {},
): ProbeReading {
  const reading = { direction, protocol: 'tcp', bytes: size, transfers: 1 } as const;
  return {
    ...reading,
    sent: 190,
    lost: 0,
    checksumErrors: 0,
    corrupted: 0,
    seconds: 0,
    ...changes,
  };
}

function datagrams(direction: ProbeReading['direction'], lost: number): ProbeReading {
  return { ...bulk(direction), protocol: 'udp', bytes: 1200, transfers: 10, sent: 10, lost };
}

/** Samples that are not 0, and those of pairs. */
function shown(accounts: MeshAccounts, nowSeconds: number): readonly string[] {
  return accounts.families(nowSeconds).flatMap(({ name, samples }) =>
    samples
      .filter(({ labels, value }) => value > 0 || isPair(labels))
      .map(({ labels, value }) => {
        const { source_node: source, dest_node: dest, size: of, result = '' } = labels;
        return `${name.replace('nic_probe_', '')} ${source}>${dest} ${of} ${result} ${value}`;
      }),
  );
}

function isPair({ source_node: source, dest_node: dest }: Readonly<Record<string, string>>) {
  return source !== '' && dest !== '';
}

describe('createMeshAccounts()', () => {
  test('shows the row and the column from the beginning, at 0', () => {
    const samples = createMeshAccounts('a', 'pod')
      .families(began)
      .flatMap((family) => family.samples);
    expect(samples).toHaveLength(28);
    expect(samples.every(({ value }) => value === 0)).toBe(true);
    expect(
      samples.every(
        ({ labels }) =>
          labels['path'] === 'pod' &&
          ['a|', '|a'].includes(`${labels['source_node']}|${labels['dest_node']}`),
      ),
    ).toBe(true);
  });

  test('counts what goes well by row and column only', () => {
    const accounts = createMeshAccounts('a', 'pod');
    const readings = [
      datagrams('to', 1),
      datagrams('from', 0),
      bulk('to'),
      bulk('from', { lost: 2 }),
    ];
    expect(accounts.add({ peerNode: 'b', readings }, began)).toBe(false);
    expect(shown(accounts, began + 60)).toEqual([
      `results_total a> 1200 ok 9`,
      `results_total a> 1200 lost 1`,
      `results_total a> ${size} ok 1`,
      `results_total >a 1200 ok 10`,
      `results_total >a ${size} ok 1`,
      `sent_segments_total a> ${size}  190`,
      `sent_segments_total >a ${size}  190`,
      `retransmitted_segments_total >a ${size}  2`,
    ]);
  });

  test.each([
    { why: 'wrong checksums', changes: { lost: 1, checksumErrors: 1 } },
    {
      why: 'wrong checksums where the kernel tells of no segments',
      changes: { checksumErrors: 1 },
      isBlind: true,
    },
    { why: 'a payload that arrived changed', changes: { corrupted: 1 } },
    { why: 'lost segments', changes: { lost: 3 } },
  ])('shows a pair after $why', ({ changes, isBlind = false }) => {
    const accounts = createMeshAccounts('a', 'pod');
    const { sent, lost, ...rest } = bulk('to', changes);
    const reading = isBlind ? rest : { ...rest, sent: sent ?? 0, lost: lost ?? 0 };
    expect(accounts.add({ peerNode: 'b', readings: [reading] }, began)).toBe(true);
    expect(shown(accounts, began + 60).filter((line) => line.includes(' a>b '))).not.toEqual([]);
    expect(shown(accounts, began + 60).filter((line) => line.includes(' b>a '))).toEqual([]);
  });

  test.each([
    { why: 'two segments sent again', readings: [bulk('to', { lost: 2 })] },
    { why: 'three of many', readings: [bulk('to', { lost: 3, sent: 400 })] },
    {
      why: 'wrong checksums of other traffic: this probe has lost nothing',
      readings: [bulk('to', { checksumErrors: 40 })],
    },
  ])('shows no pair after $why', ({ readings }) => {
    const accounts = createMeshAccounts('a', 'pod');
    expect(accounts.add({ peerNode: 'b', readings }, began)).toBe(false);
    expect(shown(accounts, began + 60).filter((line) => line.includes('a>b'))).toEqual([]);
  });

  test('counts no more wrong checksums than a probe has lost', () => {
    const accounts = createMeshAccounts('a', 'host');
    const readings = [bulk('to', { lost: 4, checksumErrors: 900 })];
    accounts.add({ peerNode: 'b', readings }, began);
    expect(shown(accounts, began + 60)).toContain(`peer_checksum_errors_total a>b ${size}  4`);
  });

  test('shows a new pair at 0 until it was scraped, and forgets one that is well for an hour', () => {
    const accounts = createMeshAccounts('a', 'pod');
    accounts.add({ peerNode: 'b', readings: [bulk('to', { lost: 9 })] }, began);
    const pair = (at: number): readonly string[] =>
      shown(accounts, at).filter((line) => line.includes('retransmitted') && line.includes('a>b'));
    expect(pair(began + 29)).toEqual([`retransmitted_segments_total a>b ${size}  0`]);
    expect(pair(began + 30)).toEqual([`retransmitted_segments_total a>b ${size}  9`]);
    accounts.add({ peerNode: 'b', readings: [bulk('to')] }, began + 3000);
    expect(pair(began + 3600)).toHaveLength(1);
    expect(pair(began + 3601)).toEqual([]);
  });

  test.each([
    { failure: 'unreachable', isPairShown: true },
    { failure: 'timeout', isPairShown: true },
    { failure: 'refused', isPairShown: false },
    { failure: 'busy', isPairShown: false },
    { failure: 'denied', isPairShown: false },
    { failure: 'starved', isPairShown: false },
  ] as const)(
    'accuses no pair of $failure unless the network may be: $isPairShown',
    ({ failure, isPairShown }) => {
      const accounts = createMeshAccounts('a', 'pod');
      expect(accounts.add({ peerNode: 'b', readings: [], failure }, began)).toBe(isPairShown);
      const lines = shown(accounts, began + 60);
      expect(lines).toContain(`results_total a> ${size} ${failure} 1`);
      expect(lines.includes(`results_total a>b ${size} ${failure} 1`)).toBe(isPairShown);
    },
  );

  test('shows 32 pairs at most, those that failed last', () => {
    const accounts = createMeshAccounts('a', 'pod');
    for (let peer = 0; peer < 1000; peer += 1) {
      accounts.add({ peerNode: `b${peer}`, readings: [], failure: 'unreachable' }, began + peer);
    }
    const lines = shown(accounts, began + 2000);
    const pairs = new Set(lines.flatMap((line) => / a>(b\d+) /.exec(line)?.[1] ?? []));
    expect(pairs.size).toBe(32);
    expect([...pairs]).toContain('b999');
    expect([...pairs]).not.toContain('b900');
    expect(accounts.families(began + 2000).flatMap(({ samples }) => samples).length).toBeLessThan(
      300,
    );
  });
});
