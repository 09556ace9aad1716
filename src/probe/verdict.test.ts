import { describe, expect, test } from 'vitest';

import type { PeerResult, ProbeDirection, ProbeReading } from '../model/probe-report.ts';
import { judgePeers, worstResult } from './verdict.ts';

interface Seen {
  readonly segments?: number;
  readonly retransmitted?: number;
  readonly small?: number;
  readonly large?: number;
  readonly errors?: number;
  readonly corrupted?: number;
}

function readings(
  direction: ProbeDirection,
  { segments = 2000, retransmitted = 0, small = 0, large = 0, errors = 0, corrupted = 0 }: Seen,
): readonly ProbeReading[] {
  const udp = {
    direction,
    protocol: 'udp',
    transfers: 2000,
    sent: 2000,
    corrupted: 0,
    seconds: 1,
  } as const;
  return [
    { ...udp, bytes: 64, lost: small },
    { ...udp, bytes: 1200, lost: large, checksumErrors: 0 },
    {
      direction,
      protocol: 'tcp',
      bytes: 262_144,
      transfers: 10,
      sent: segments,
      lost: retransmitted,
      checksumErrors: errors,
      corrupted,
      seconds: 1,
    },
  ];
}

function peer(name: string, to: Seen, from: Seen = {}): PeerResult {
  return {
    peer: { host: '10.0.0.7', port: 10_141 },
    name,
    connectSeconds: 0.001,
    readings: [...readings('to', to), ...readings('from', from)],
  };
}

const corrupt = { retransmitted: 41, large: 20, errors: 60 };
const clean = {};

function faultsOf(result: PeerResult): readonly string[] {
  return judgePeers([result]).flatMap(({ findings }) =>
    findings.map(({ fault, direction }) => `${direction}: ${fault}`),
  );
}

describe('judgePeers()', () => {
  test.each([
    ['nothing', {}, undefined],
    ['a single wrong checksum', { retransmitted: 1, errors: 1 }, undefined],
    ['wrong checksums of others, as on a host', { errors: 500 }, undefined],
    ['few retransmissions', { retransmitted: 9 }, undefined],
    ['wrong checksums with retransmissions', { retransmitted: 41, errors: 41 }, 'corruption'],
    ['wrong checksums with lost datagrams', { large: 12, errors: 12 }, 'corruption'],
    ['half of 0.5 %', { retransmitted: 5, large: 5, errors: 10 }, 'corruption'],
    [
      'much loss and a few wrong checksums',
      { retransmitted: 40, small: 20, large: 20, errors: 4 },
      'loss',
    ],
    ['retransmissions alone', { retransmitted: 20 }, 'loss'],
    ['loss of all sizes', { retransmitted: 20, small: 20, large: 20 }, 'loss'],
    ['loss of all sizes, by chance of fewer small ones', { small: 6, large: 22 }, 'loss'],
    ['half of all', { small: 1000, large: 1000 }, 'loss'],
    ['nearly all large ones', { small: 100, large: 1900 }, 'large-loss'],
    ['loss of large packets', { retransmitted: 20, large: 20 }, 'large-loss'],
    ['loss of small packets', { small: 20 }, 'loss'],
    ['a changed payload', { corrupted: 1 }, 'silent-corruption'],
    ['a changed payload among much else', { ...corrupt, corrupted: 2 }, 'silent-corruption'],
  ] satisfies [string, Seen, string | undefined][])('makes of %s: %s', (_what, seen, fault) => {
    expect(faultsOf(peer('worker-07', seen))).toEqual(fault === undefined ? [] : [`to: ${fault}`]);
    expect(faultsOf(peer('worker-07', clean, seen))).toEqual(
      fault === undefined ? [] : [`from: ${fault}`],
    );
  });

  test('says what was seen', () => {
    const [judged] = judgePeers([peer('worker-07', { retransmitted: 46, errors: 41 })]);
    expect(judged?.result).toBe('fail');
    expect(judged?.findings[0]?.headline).toBe(
      '2.3 % of the segments this node sent to worker-07 were retransmitted, 0 % of its datagrams of 1200 bytes were lost, worker-07 counted 41 wrong checksums',
    );
  });

  test.each([
    ['to one peer', [peer('a', corrupt)], ['this transmit']],
    ['to all peers', [peer('a', corrupt), peer('b', corrupt)], ['this transmit', 'this transmit']],
    ['to one of several', [peer('a', corrupt), peer('b', clean)], ['peer receive']],
    ['from one peer', [peer('a', clean, corrupt)], ['peer transmit']],
    ['from one of several', [peer('a', clean, corrupt), peer('b', clean)], ['peer transmit']],
    [
      'from all peers',
      [peer('a', clean, corrupt), peer('b', clean, corrupt)],
      ['this receive', 'this receive'],
    ],
  ])('suspects who corrupts packets %s', (_what, peers, suspects) => {
    expect(
      judgePeers(peers).flatMap(({ findings }) =>
        findings.map(({ suspect }) => `${suspect?.node} ${suspect?.side}`),
      ),
    ).toEqual(suspects);
  });

  test('takes a firewall for what it is', () => {
    const [judged] = judgePeers([peer('a', { small: 2000, large: 2000 })]);
    expect(judged?.findings[0]?.headline).toBe(
      'a received no datagram of this node: a firewall may drop UDP to port 10141',
    );
  });

  test('suspects nobody of loss', () => {
    const [judged] = judgePeers([peer('a', { small: 30, large: 30 })]);
    expect(judged?.findings[0]).not.toHaveProperty('suspect');
  });

  test('does not pass a peer that was not measured', () => {
    const [judged] = judgePeers([
      {
        peer: { host: '10.0.0.7', port: 10_141 },
        readings: [],
        problem: { kind: 'unreachable', message: 'no connection: ECONNREFUSED' },
      },
    ]);
    expect(judged).toMatchObject({
      result: 'untested',
      reason: 'no connection: ECONNREFUSED',
      findings: [],
    });
  });

  test('does not pass a peer whose retransmissions are not known', () => {
    const whole = peer('a', clean);
    const readingsWithout = whole.readings.map(({ sent: _sent, lost: _lost, ...rest }) => rest);
    const [judged] = judgePeers([{ ...whole, readings: readingsWithout }]);
    expect(judged?.result).toBe('untested');
    expect(judged?.reason).toContain('koffi');
  });

  test.each([
    ['without wrong checksums', 0, 'stalled'],
    ['with wrong checksums', 30, 'corruption'],
  ])('fails a peer to which transfers stand still %s', (_what, errors, fault) => {
    const whole = peer('a', { errors });
    expect(
      faultsOf({
        ...whole,
        problem: { kind: 'stalled', message: 'no progress for 10 s', stalledDirection: 'to' },
      }),
    ).toEqual([`to: ${fault}`]);
  });
});

describe('worstResult()', () => {
  test.each([
    [['pass', 'pass'], 'pass'],
    [['pass', 'untested'], 'untested'],
    [['untested', 'fail', 'pass'], 'fail'],
    [[], 'untested'],
  ] as const)('of %j is %s', (results, worst) => {
    expect(worstResult(results.map((result) => ({ result })))).toBe(worst);
  });
});
