import { describe, expect, test } from 'vitest';

import { readKmsgRecording } from '../../test/support/recordings.ts';
import { parseKernelMessage } from './kernel-message.ts';

describe('parseKernelMessage', () => {
  test('parseKernelMessage() reads a recorded unit hang by its first line', () => {
    const [record = { text: '', device: undefined }] = readKmsgRecording('hang-eno1-persist');
    expect(parseKernelMessage(record)).toEqual([
      {
        driver: 'e1000e',
        busAddress: '0000:00:03.0',
        device: 'eno1',
        message: 'Detected Hardware Unit Hang:',
      },
      {
        driver: undefined,
        busAddress: undefined,
        device: undefined,
        message: 'e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:',
      },
    ]);
  });

  test('parseKernelMessage() names the devices of a recorded link flap', () => {
    const readings = readKmsgRecording('linkflap').map((record) => parseKernelMessage(record)[0]);
    expect(readings.slice(0, 4)).toEqual([
      {
        driver: 'e1000e',
        busAddress: '0000:00:03.0',
        device: 'eno1',
        message: 'NIC Link is Down',
      },
      {
        driver: undefined,
        busAddress: undefined,
        device: 'e1000',
        message: 'ens3 NIC Link is Down',
      },
      {
        driver: 'vmxnet3',
        busAddress: '0000:00:05.0',
        device: 'ens192',
        message: 'NIC Link is Down',
      },
      {
        driver: 'igb',
        busAddress: '0000:00:07.0',
        device: 'enp6s0',
        message: 'igb: enp6s0 NIC Link is Down',
      },
    ]);
  });

  test.each([
    {
      form: 'PCI',
      text: 'e1000e 0000:00:1f.6 eno1: Reset adapter unexpectedly',
      dictionary: '+pci:0000:00:1f.6',
      reading: {
        driver: 'e1000e',
        busAddress: '0000:00:1f.6',
        device: 'eno1',
        message: 'Reset adapter unexpectedly',
      },
    },
    {
      form: 'PCI behind a VMD',
      text: 'igc 10000:e1:00.0 enp225s0: PCIe link lost, device now detached',
      dictionary: '+pci:10000:e1:00.0',
      reading: {
        driver: 'igc',
        busAddress: '10000:e1:00.0',
        device: 'enp225s0',
        message: 'PCIe link lost, device now detached',
      },
    },
    {
      form: 'virtio',
      text: 'virtio_net virtio2 eth0: TX timeout on queue: 0, sq: output.0, vq: 0x1, name: output.0, 5312 usecs ago',
      dictionary: '+virtio:virtio2',
      reading: {
        driver: 'virtio_net',
        busAddress: 'virtio2',
        device: 'eth0',
        message: 'TX timeout on queue: 0, sq: output.0, vq: 0x1, name: output.0, 5312 usecs ago',
      },
    },
    {
      form: 'USB',
      text: 'r8152 2-1.2:1.0 eth0: Tx status -71',
      dictionary: '+usb:2-1.2:1.0',
      reading: {
        driver: 'r8152',
        busAddress: '2-1.2:1.0',
        device: 'eth0',
        message: 'Tx status -71',
      },
    },
    {
      form: 'platform',
      text: 'ipqess-edma c080000.ethernet eth0: NETDEV WATCHDOG: transmit queue 0 timed out',
      dictionary: '+platform:c080000.ethernet',
      reading: {
        driver: 'ipqess-edma',
        busAddress: 'c080000.ethernet',
        device: 'eth0',
        message: 'NETDEV WATCHDOG: transmit queue 0 timed out',
      },
    },
    {
      form: 'VMBus',
      text: 'hv_netvsc 000d3a6e-2f4b-000d-3a6e-2f4b000d3a6e eth0: Data path switched to VF: eth1',
      dictionary: '+vmbus:000d3a6e-2f4b-000d-3a6e-2f4b000d3a6e',
      reading: {
        driver: 'hv_netvsc',
        busAddress: '000d3a6e-2f4b-000d-3a6e-2f4b000d3a6e',
        device: 'eth0',
        message: 'Data path switched to VF: eth1',
      },
    },
    {
      form: 'auxiliary bus',
      text: 'mlx5_core mlx5_core.sf.4 eth2: TX timeout detected',
      dictionary: '+auxiliary:mlx5_core.sf.4',
      reading: {
        driver: 'mlx5_core',
        busAddress: 'mlx5_core.sf.4',
        device: 'eth2',
        message: 'TX timeout detected',
      },
    },
    {
      form: 'Xen',
      text: 'vif vif-0 eth0: Link is Down',
      dictionary: '+xen:vif-0',
      reading: { driver: 'vif', busAddress: 'vif-0', device: 'eth0', message: 'Link is Down' },
    },
    {
      form: 'dev_err of igb',
      text: 'igb 0000:00:07.0: Detected Tx Unit Hang\n  Tx Queue             <0>',
      dictionary: '+pci:0000:00:07.0',
      reading: {
        driver: 'igb',
        busAddress: '0000:00:07.0',
        device: undefined,
        message: 'Detected Tx Unit Hang',
      },
    },
    {
      form: 'mlx5_core_err with its place in the source',
      text: "mlx5_core 0000:5e:00.0: poll_health:801:(pid 0): device's health compromised - reached miss count",
      dictionary: '+pci:0000:5e:00.0',
      reading: {
        driver: 'mlx5_core',
        busAddress: '0000:5e:00.0',
        device: undefined,
        message: "device's health compromised - reached miss count",
      },
    },
    {
      form: 'device before its registration',
      text: 'e1000e 0000:00:1f.6 (unnamed net_device) (uninitialized): Hardware Error',
      dictionary: '+pci:0000:00:1f.6',
      reading: {
        driver: 'e1000e',
        busAddress: '0000:00:1f.6',
        device: undefined,
        message: 'Hardware Error',
      },
    },
    {
      form: 'device named before its registration',
      text: 'ixgbe 0000:03:00.0 eth0 (uninitialized): Adapter removed',
      dictionary: '+pci:0000:03:00.0',
      reading: {
        driver: 'ixgbe',
        busAddress: '0000:03:00.0',
        device: 'eth0',
        message: 'Adapter removed',
      },
    },
    {
      form: 'device that goes',
      text: 'igc 0000:06:00.0 enp6s0 (unregistering): PCIe link lost',
      dictionary: '+pci:0000:06:00.0',
      reading: {
        driver: 'igc',
        busAddress: '0000:06:00.0',
        device: 'enp6s0',
        message: 'PCIe link lost',
      },
    },
    {
      form: 'device with all sorts of characters in its name',
      text: 'igb 0000:00:07.0 _p2\\"é[0](x): Reset adapter',
      dictionary: '+pci:0000:00:07.0',
      reading: {
        driver: 'igb',
        busAddress: '0000:00:07.0',
        device: '_p2\\"é[0](x)',
        message: 'Reset adapter',
      },
    },
    {
      form: 'carriage return at the end of a line',
      text: 'r8168 0000:03:00.0 eth0: Transmit timeout reset Device!\r\n  TDH <1>',
      dictionary: '+pci:0000:03:00.0',
      reading: {
        driver: 'r8168',
        busAddress: '0000:03:00.0',
        device: 'eth0',
        message: 'Transmit timeout reset Device!\r',
      },
    },
  ])(
    'parseKernelMessage() first reads driver, bus and device: $form',
    ({ text, dictionary, reading }) => {
      expect(parseKernelMessage({ text, device: dictionary })[0]).toEqual(reading);
      expect(parseKernelMessage({ text, device: undefined })[0]).toEqual(reading);
    },
  );

  test('parseKernelMessage() uses the bus address of the dictionary if it has no digit', () => {
    expect(
      parseKernelMessage({ text: 'ftgmac ethernet eth0: NCSI', device: '+platform:ethernet' })[0],
    ).toEqual({ driver: 'ftgmac', busAddress: 'ethernet', device: 'eth0', message: 'NCSI' });
  });

  test.each([
    { dictionary: 'n8', why: 'names no bus' },
    { dictionary: '+pci:0000:00:1f.6', why: 'names another address' },
  ])('parseKernelMessage() reads the text alone where the dictionary $why', ({ dictionary }) => {
    expect(
      parseKernelMessage({ text: 'igb 0000:00:07.0 eth1: Reset adapter', device: dictionary })[0],
    ).toEqual({
      driver: 'igb',
      busAddress: '0000:00:07.0',
      device: 'eth1',
      message: 'Reset adapter',
    });
  });

  test.each([
    {
      form: 'a virtual device',
      text: 'vx42: hw csum failure',
      device: 'vx42',
      message: 'hw csum failure',
    },
    {
      form: 'a VLAN device',
      text: 'eth0.40: hw csum failure',
      device: 'eth0.40',
      message: 'hw csum failure',
    },
    {
      form: 'a device with the longest name',
      text: 'enx001122334455: hw csum failure',
      device: 'enx001122334455',
      message: 'hw csum failure',
    },
    {
      form: 'a virtual device that goes',
      text: 'veth7f3a (unregistering): text',
      device: 'veth7f3a',
      message: 'text',
    },
    {
      form: 'no device',
      text: '(NULL net_device): hw csum failure',
      device: undefined,
      message: 'hw csum failure',
    },
    {
      form: 'no device on 5.10',
      text: '<unknown>: hw csum failure',
      device: undefined,
      message: 'hw csum failure',
    },
    {
      form: 'a virtual device without a name',
      text: '(unnamed net_device) (uninitialized): text',
      device: undefined,
      message: 'text',
    },
  ])('parseKernelMessage() first reads the prefix of $form', ({ text, device, message }) => {
    expect(parseKernelMessage({ text, device: undefined })[0]).toEqual({
      driver: undefined,
      busAddress: undefined,
      device,
      message,
    });
  });

  test.each([
    {
      form: 'the interface behind the bus address (kernels before 3.0)',
      text: 'i40e 0000:08:00.1: eth9: tx_timeout recovery level 1',
      dictionary: '+pci:0000:08:00.1',
      reading: {
        driver: 'i40e',
        busAddress: '0000:08:00.1',
        device: 'eth9',
        message: 'tx_timeout recovery level 1',
      },
    },
    {
      form: 'the interface behind the bus address, without dictionary',
      text: 'igb 0000:02:00.1: eth1: Reset adapter',
      dictionary: undefined,
      reading: {
        driver: 'igb',
        busAddress: '0000:02:00.1',
        device: 'eth1',
        message: 'Reset adapter',
      },
    },
    {
      form: 'a driver without bus address',
      text: 'ixgbevf: Detected Tx Unit Hang\n  Tx Queue             <0>',
      dictionary: undefined,
      reading: {
        driver: 'ixgbevf',
        busAddress: undefined,
        device: undefined,
        message: 'Detected Tx Unit Hang',
      },
    },
    {
      form: 'a module',
      text: 'ip_tunnel_core: Dead loop on virtual device vxb, fix it urgently!',
      dictionary: undefined,
      reading: {
        driver: 'ip_tunnel_core',
        busAddress: undefined,
        device: undefined,
        message: 'Dead loop on virtual device vxb, fix it urgently!',
      },
    },
    {
      form: 'driver and interface (mlx4_en)',
      text: 'mlx4_en: eth1: Tx timeout called on port:1',
      dictionary: undefined,
      reading: {
        driver: 'mlx4_en',
        busAddress: undefined,
        device: 'eth1',
        message: 'Tx timeout called on port:1',
      },
    },
    {
      form: 'driver and no interface (mlx4_en)',
      text: 'mlx4_en: (NULL net_device): text',
      dictionary: undefined,
      reading: { driver: 'mlx4_en', busAddress: undefined, device: undefined, message: 'text' },
    },
    {
      form: 'the interface in brackets (bnx2x)',
      text: 'bnx2x: [bnx2x_sp_rtnl_task:10365(eth0)]Indicating link is down due to Tx-timeout',
      dictionary: undefined,
      reading: {
        driver: 'bnx2x',
        busAddress: undefined,
        device: 'eth0',
        message: 'Indicating link is down due to Tx-timeout',
      },
    },
    {
      form: 'the interface in brackets (qede)',
      text: 'qede: [qede_tx_timeout:541(enp3s0f0)]TX timeout on queue 3!',
      dictionary: undefined,
      reading: {
        driver: 'qede',
        busAddress: undefined,
        device: 'enp3s0f0',
        message: 'TX timeout on queue 3!',
      },
    },
    {
      form: 'the network device as parent (vmxnet3)',
      text: 'net eth0: eth0: tq[0] error 0x80000000',
      dictionary: 'n8',
      reading: {
        driver: 'net',
        busAddress: 'eth0',
        device: 'eth0',
        message: 'tq[0] error 0x80000000',
      },
    },
  ])('parseKernelMessage() also reads $form', ({ text, dictionary, reading }) => {
    expect(parseKernelMessage({ text, device: dictionary })).toContainEqual(reading);
  });

  test('parseKernelMessage() returns all interpretations of an ambiguous prefix, the whole line last', () => {
    const none = { driver: undefined, busAddress: undefined, device: undefined };
    expect(
      parseKernelMessage({ text: 'mlx4_en: eth1: Tx timeout\nmore', device: undefined }),
    ).toEqual([
      { ...none, device: 'mlx4_en', message: 'eth1: Tx timeout' },
      { ...none, driver: 'mlx4_en', message: 'eth1: Tx timeout' },
      { ...none, driver: 'mlx4_en', device: 'eth1', message: 'Tx timeout' },
      { ...none, message: 'mlx4_en: eth1: Tx timeout' },
    ]);
  });

  test.each([
    {
      why: 'the watchdog of 5.10',
      text: 'NETDEV WATCHDOG: eno1 (e1000e): transmit queue 0 timed out',
    },
    { why: 'the watchdog of 2.6', text: 'NETDEV WATCHDOG: eth0: transmit timed out' },
    { why: 'the dead loop of 6.1', text: 'Dead loop on virtual device vxB, fix it urgently!' },
    {
      why: 'a prefix longer than an interface name',
      text: 'unregister_netdevice: waiting for eth0 to become free. Usage count = 2',
    },
    { why: 'a prefix of 16 characters', text: 'enx0011223344556: text' },
    { why: 'no generic device', text: '(NULL device *): text' },
    { why: 'prose with a number', text: 'Command line: console=ttyS0 quiet' },
    { why: 'a prefix with a slash', text: 'net/ipv4: text' },
    { why: 'a colon without space', text: 'eth0:text' },
    { why: 'no text', text: '' },
  ])('parseKernelMessage() reads $why as it stands', ({ text }) => {
    expect(parseKernelMessage({ text, device: undefined })).toEqual([
      { driver: undefined, busAddress: undefined, device: undefined, message: text },
    ]);
  });
});
