import { describe, expect, test } from 'vitest';

import { kernelRecord } from '../../test/support/kernel-record.ts';
import { classifyRecord } from './classify.ts';

const forms = [
  // The watchdog of the core, in the order of kernel versions.
  ['NETDEV WATCHDOG: eth0: transmit timed out', 'tx_timeout', 'eth0', undefined],
  ['NETDEV WATCHDOG: eth1 (r8152): transmit queue 0 timed out', 'tx_timeout', 'eth1', 'r8152'],
  [
    'NETDEV WATCHDOG: enp3s0 (igb): transmit queue 3 timed out 5388 ms',
    'tx_timeout',
    'enp3s0',
    'igb',
  ],
  [
    'ipqess-edma c080000.ethernet eth0: NETDEV WATCHDOG: transmit queue 0 timed out',
    'tx_timeout',
    'eth0',
    'ipqess-edma',
  ],
  [
    'r8125 0000:22:04.0 eth4: NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5010 ms',
    'tx_timeout',
    'eth4',
    'r8125',
  ],
  // Dead loops: bare, with the prefix of two modules, with a name space, with a device of another one.
  [
    'Dead loop on virtual device gw_11cbf51a, fix it urgently!',
    'dead_loop',
    'gw_11cbf51a',
    undefined,
  ],
  [
    'ip_tunnel_core: Dead loop on virtual device vxB, fix it urgently!',
    'dead_loop',
    'vxB',
    undefined,
  ],
  [
    'ip6_tunnel: Dead loop on virtual device ip6tnl0, fix it urgently!',
    'dead_loop',
    'ip6tnl0',
    undefined,
  ],
  [
    'ip_tunnel_core: Dead loop on virtual device vxa (net 4026531840), fix it urgently!',
    'dead_loop',
    'vxa',
    undefined,
  ],
  // Checksum faults: with and without a parent, and without a device.
  ['eth0.40: hw csum failure', 'rx_csum_fault', 'eth0.40', undefined],
  ['<unknown>: hw csum failure', 'rx_csum_fault', undefined, undefined],
  ['(NULL net_device): hw csum failure', 'rx_csum_fault', undefined, undefined],
  ['lan78xx 1-1.1.1:1.0 eth0: hw csum failure', 'rx_csum_fault', 'eth0', 'lan78xx'],
  // Prefixes: no interface, no bus, the interface in brackets, a colon after the bus.
  ['igb 0000:00:07.0: Detected Tx Unit Hang', 'unit_hang', undefined, 'igb'],
  ['ixgbevf: Detected Tx Unit Hang\n  Tx Queue             <2>', 'unit_hang', undefined, 'ixgbevf'],
  [
    'ixgbe 0000:01:00.0 eth2: Detected Tx Unit Hang \n  Tx Queue             <7>',
    'unit_hang',
    'eth2',
    'ixgbe',
  ],
  [
    'bnx2x: [bnx2x_sp_rtnl_task:10342(eth0)]Indicating link is down due to Tx-timeout',
    'tx_timeout',
    'eth0',
    'bnx2x',
  ],
  ['i40e 0000:08:00.1: eth9: tx_timeout recovery level 1', 'adapter_reset', 'eth9', 'i40e'],
  [
    'mlx4_en: eth1: TX timeout on queue: 3, QP: 0x4c, CQ: 0x9f, Cons: 0x1, Prod: 0x2',
    'tx_timeout',
    'eth1',
    'mlx4_en',
  ],
  [
    'e1000e 0000:00:1f.6 (unnamed net_device) (uninitialized): Hardware Error',
    'firmware_fault',
    undefined,
    'e1000e',
  ],
  [
    'e1000e 0000:00:1f.6 _p2cf05d501bfb: Detected Hardware Unit Hang:',
    'unit_hang',
    '_p2cf05d501bfb',
    'e1000e',
  ],
] as const;

describe('classifyRecord()', () => {
  test.each(forms)('reads %j', (text, event, device, driver) => {
    expect(classifyRecord(kernelRecord(text))).toMatchObject({ event, device, driver });
  });

  test('takes the bus address from the dictionary', () => {
    const record = kernelRecord(
      'mlx5_core mlx5_core.sf.4: poll_health:801:(pid 0): Fatal error 1 detected',
      {
        device: '+auxiliary:mlx5_core.sf.4',
      },
    );
    expect(classifyRecord(record)).toEqual({
      event: 'firmware_fault',
      device: undefined,
      driver: 'mlx5_core',
      busAddress: 'mlx5_core.sf.4',
    });
  });

  test('does not take the interface for a bus address if the device is its own parent', () => {
    const record = kernelRecord('net eth0: eth0: tq[0] error 0x80000000', { device: 'n2' });
    expect(classifyRecord(record)).toEqual({
      event: 'firmware_fault',
      device: 'eth0',
      driver: 'vmxnet3',
      busAddress: undefined,
    });
  });

  test.each([
    ['statistics ena dumps on a reset', 'ena 0000:00:05.0 ens5: tx_timeout: 1'],
    [
      'a hang that is none',
      'ice 0000:17:00.0: Fake Tx hang detected on queue 4, timeout caused by PFC storm',
    ],
    [
      'a hang that is none',
      'fm10k 0000:06:00.0 eth0: Fake Tx hang detected with timeout of 1 seconds',
    ],
    [
      'what the host of a virtual function announces',
      'iavf 0000:05:02.0: Reset indication received from the PF',
    ],
    ['another driver with the same words', 'foo 0000:06:00.0 eth0: Reset adapter'],
    ['the words of another known driver', 'igb 0000:06:00.0 eth0: Reset adapter unexpectedly'],
    [
      'a link message',
      'e1000e 0000:00:03.0 eno1: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx',
    ],
    ['a line of a dump', 'skb linear:   00000000: 0f a0 13 89 00 00 00 01 00 00 00 01 50 02 20 00'],
    [
      'a text that only quotes another',
      'foo: the log said "Dead loop on virtual device x, fix it urgently!"',
    ],
    ['nothing', ''],
  ])('leaves alone %s', (_what, text) => {
    expect(classifyRecord(kernelRecord(text))).toBeUndefined();
  });

  test.each([1, 3, 16, 23])('ignores facility %d, which any process can write', (facility) => {
    const text = 'Dead loop on virtual device vxa, fix it urgently!';
    expect(classifyRecord(kernelRecord(text))?.event).toBe('dead_loop');
    expect(classifyRecord(kernelRecord(text, { facility }))).toBeUndefined();
  });

  test.each([0, 2, 4, 6, 7])('ignores the level (%d)', (level) => {
    const text = 'gve 0000:00:04.0 ens4: Timeout on tx queue, 2';
    expect(classifyRecord(kernelRecord(text, { level }))?.event).toBe('tx_timeout');
  });
});
