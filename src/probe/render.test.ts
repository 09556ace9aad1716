import { describe, expect, test } from 'vitest';

import type { PeerResult, ProbeReading, ProbeReport } from '../model/probe-report.ts';
import { renderReport } from './render.ts';
import { judgePeers, worstResult } from './verdict.ts';

const style = { width: 100, color: false, unicode: true };
const devices = [
  {
    name: 'eno1',
    driver: 'i40e',
    features: ['tx-checksumming', 'tx-udp_tnl-csum-segmentation', 'generic-receive-offload'],
  },
];

function reading(
  direction: ProbeReading['direction'],
  protocol: ProbeReading['protocol'],
  own: Partial<ProbeReading> & Pick<ProbeReading, 'bytes'>,
): ProbeReading {
  return {
    direction,
    protocol,
    transfers: 10,
    sent: 2000,
    lost: 0,
    corrupted: 0,
    seconds: 1,
    ...own,
  };
}

function peer(name: string, lost: number): PeerResult {
  return {
    peer: { host: '10.0.0.7', port: 10_141 },
    name,
    connectSeconds: 0.0004,
    readings: [
      reading('to', 'udp', { bytes: 1200 }),
      reading('from', 'udp', { bytes: 1200 }),
      reading('to', 'tcp', { bytes: 1_048_576, lost, checksumErrors: lost }),
      reading('from', 'tcp', { bytes: 1_048_576, checksumErrors: 0 }),
    ],
  };
}

function report(peers: readonly PeerResult[], more: Partial<ProbeReport> = {}): ProbeReport {
  const judged = judgePeers(peers);
  return { node: 'worker-01', result: worstResult(judged), peers: judged, devices, ...more };
}

describe('renderReport()', () => {
  test('says what to switch off to prove it', () => {
    expect(renderReport(report([peer('worker-07', 46)], { path: 'pod' }), style)).toBe(
      `✗ worker-07 (10.0.0.7 port 10141), pod path: failed
    2.3 % of the segments this node sent to worker-07 were retransmitted, 0 % of its datagrams of
    1200 bytes were lost, worker-07 counted 46 wrong checksums: the transmit offload of this node is
    suspect.

                     to worker-07              from worker-07
    UDP 1200 B       0 of 2000 lost            0 of 2000 lost
    TCP 1 MiB        46 of 2000 retransmitted  0 of 2000 retransmitted
    wrong checksums  46                        0

    eno1 (i40e): tx-udp_tnl-csum-segmentation, tx-checksumming on
    To prove it: nicwatch probe run --to=10.0.0.7:10141 --secret-file=PATH --prove=tx-udp_tnl-csum-segmentation
`,
    );
  });

  test('leaves tunnels alone on the path of hosts', () => {
    const text = renderReport(report([peer('worker-07', 46)], { path: 'host' }), style);
    expect(text).toContain('--prove=tx-checksumming');
    expect(text).not.toContain('udp_tnl');
  });

  test('has little to say of a path that can be trusted', () => {
    const text = renderReport(report([peer('worker-07', 0)]), style);
    expect(text).toMatch(/^✓ worker-07 \(10\.0\.0\.7 port 10141\): passed\n\n/);
    expect(text).not.toContain('prove');
  });

  test('says why a node could not be tested', () => {
    const unreachable: PeerResult = {
      peer: { host: '10.0.0.9', port: 10_141 },
      readings: [],
      problem: { kind: 'unreachable', message: 'no connection: Error: connect ECONNREFUSED' },
    };
    expect(renderReport(report([unreachable]), style)).toBe(
      `? 10.0.0.9 (10.0.0.9 port 10141): could not be tested
    no connection: Error: connect ECONNREFUSED.
`,
    );
  });

  test('writes out what a terminal would obey', () => {
    expect(renderReport(report([peer('\u001B[2Jworker', 46)]), style)).not.toContain('\u001B');
  });

  test.each([
    [46, 0, 'Proved: without tx-udp_tnl-csum-segmentation the path can be trusted.'],
    [46, 46, 'Not proved: the path fails without tx-udp_tnl-csum-segmentation as well.'],
    [0, 0, 'Proves nothing'],
  ])('compares before (%d) and after (%d)', (before, after, conclusion) => {
    const second = judgePeers([peer('worker-07', after)]);
    const text = renderReport(
      report([peer('worker-07', before)], {
        proof: {
          feature: 'tx-udp_tnl-csum-segmentation',
          result: worstResult(second),
          peers: second,
        },
      }),
      style,
    );
    expect(text).toContain(conclusion);
    expect(text).toMatch(
      new RegExp(`to worker-07: TCP 1 MiB +${before} of 2000 retransmitted +${after} of 2000`),
    );
  });
});
