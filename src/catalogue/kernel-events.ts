import type { KernelEventName } from '../model/kernel-event.ts';

/** The meaning of one form of kernel-log record. */
export interface KernelEventRow {
  readonly event: KernelEventName;
  /** Drivers whose records it matches; undefined for records of the network core, about any driver. */
  readonly drivers?: readonly string[];
  /**
   * Matches the first line after the driver's prefix. The groups `device` and `driver` are present where the text contains
   * them.
   */
  readonly pattern: RegExp;
  /** The text of one record, prefix included, as the kernel prints it. */
  readonly example: string;
  /** The functions of the kernel that print it, with their file if they are in one. */
  readonly source: string;
}

/**
 * The kernel-log records nicwatch counts. Level is no criterion: several drivers log a transmit timeout at info.
 *
 * A row matches the record that reports the event, not every line of the driver's report: register and queue dumps, the
 * statistics ena logs on a reset (`tx_timeout: 1`) and `Fake Tx hang` (ice, fm10k) are ignored.
 */
export const kernelEventRows: readonly KernelEventRow[] = [
  {
    event: 'tx_timeout',
    pattern: /^NETDEV WATCHDOG: (?:CPU: \d+: )?transmit queue \d+ timed out/,
    example:
      'e1000e 0000:00:03.0 eno1: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5040 ms',
    source: 'net/sched/sch_generic.c dev_watchdog, 6.1.y and later',
  },
  {
    event: 'tx_timeout',
    pattern:
      /^NETDEV WATCHDOG: (?<device>[^\s:/]+) \((?<driver>[^)]*)\): transmit queue \d+ timed out/,
    example: 'NETDEV WATCHDOG: eno1 (e1000e): transmit queue 0 timed out',
    source: 'net/sched/sch_generic.c dev_watchdog, to 6.7',
  },
  {
    event: 'tx_timeout',
    pattern: /^NETDEV WATCHDOG: (?<device>[^\s:/]+): transmit timed out/,
    example: 'NETDEV WATCHDOG: eth0: transmit timed out',
    source: 'net/sched/sch_generic.c dev_watchdog, 2.6',
  },
  {
    event: 'rx_csum_fault',
    pattern: /^hw csum failure$/,
    example: 'vx42: hw csum failure',
    source: 'net/core/dev.c netdev_rx_csum_fault',
  },
  {
    event: 'dead_loop',
    pattern: /^Dead loop on virtual device (?<device>[^\s/]+?)(?: \(net \d+\))?, fix it urgently!/,
    example: 'ip_tunnel_core: Dead loop on virtual device vxb, fix it urgently!',
    source: '__dev_queue_xmit, iptunnel_xmit, ip6tunnel_xmit',
  },
  {
    event: 'unit_hang',
    drivers: ['e1000e'],
    pattern: /^Detected Hardware Unit Hang\b/,
    example:
      'e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:\n  TDH                  <d>\n  TDT                  <11>',
    source: 'drivers/net/ethernet/intel/e1000e/netdev.c e1000_print_hw_hang',
  },
  {
    event: 'adapter_reset',
    drivers: ['e1000e'],
    pattern: /^Reset adapter unexpectedly$/,
    example: 'e1000e 0000:00:03.0 eno1: Reset adapter unexpectedly',
    source: 'drivers/net/ethernet/intel/e1000e/netdev.c e1000_reset_task',
  },
  {
    event: 'firmware_fault',
    drivers: ['e1000e'],
    pattern: /^ME firmware caused invalid (?:RDT|TDT) - resetting$/,
    example: 'e1000e 0000:00:19.0 eth0: ME firmware caused invalid TDT - resetting',
    source: 'drivers/net/ethernet/intel/e1000e/netdev.c e1000e_update_tdt_wa',
  },
  {
    event: 'firmware_fault',
    drivers: ['e1000e'],
    pattern: /^Hardware Error$/,
    example: 'e1000e 0000:00:1f.6 eno1: Hardware Error',
    source: 'drivers/net/ethernet/intel/e1000e/netdev.c e1000e_reset',
  },
  {
    event: 'unit_hang',
    drivers: ['e1000', 'igb', 'igc', 'ixgbe', 'ixgbevf'],
    pattern: /^Detected Tx Unit Hang\b/,
    example:
      'igb 0000:00:07.0: Detected Tx Unit Hang\n  Tx Queue             <0>\n  TDH                  <0>\n  TDT                  <4>',
    source: '*_clean_tx_irq of each driver',
  },
  {
    event: 'adapter_reset',
    drivers: ['e1000', 'igb', 'igc', 'ixgbe'],
    pattern: /^Reset adapter$/,
    example: 'igb 0000:02:00.0 enp2s0f0: Reset adapter',
    source: 'e1000_reset_task, igb_reset_task, igc_reset_task, ixgbe_reset_subtask',
  },
  {
    event: 'device_lost',
    drivers: ['igb', 'igc'],
    pattern: /^PCIe link lost\b/,
    example: 'igc 0000:0a:00.0 enp10s0: PCIe link lost, device now detached',
    source: 'drivers/net/ethernet/intel/igc/igc_main.c igc_rd32, igb_main.c igb_rd32',
  },
  {
    event: 'device_lost',
    drivers: ['igb'],
    pattern: /^The network adapter was stopped because it overheated/,
    example: 'igb 0000:02:00.0 enp2s0f0: The network adapter was stopped because it overheated',
    source: 'drivers/net/ethernet/intel/igb/igb_main.c igb_watchdog_task',
  },
  {
    event: 'tx_timeout',
    drivers: ['ixgbe'],
    pattern: /^tx hang \d+ detected on queue \d+, resetting adapter/,
    example: 'ixgbe 0000:01:00.0 enp1s0f0: tx hang 3 detected on queue 11, resetting adapter',
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_clean_tx_irq',
  },
  {
    event: 'tx_timeout',
    drivers: ['ixgbe', 'be2net'],
    pattern: /^[iI]nitiating reset due to tx timeout/,
    example: 'ixgbe 0000:01:00.0 enp1s0f0: initiating reset due to tx timeout',
    source: 'ixgbe_tx_timeout_reset, be_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['ixgbe'],
    pattern: /^Received ECC Err, initiating reset/,
    example: 'ixgbe 0000:01:00.0 enp1s0f0: Received ECC Err, initiating reset',
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_msix_other',
  },
  {
    event: 'device_lost',
    drivers: ['ixgbe', 'ixgbevf'],
    pattern: /^Adapter removed$/,
    example: 'ixgbe 0000:01:00.0: Adapter removed',
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_remove_adapter',
  },
  {
    event: 'firmware_fault',
    drivers: ['ixgbe'],
    pattern: /^Warning firmware error detected FWSM: 0x/,
    example: 'ixgbe 0000:01:00.0: Warning firmware error detected FWSM: 0x00000000',
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_check_fw_error',
  },
  {
    event: 'firmware_fault',
    drivers: ['ixgbe', 'i40e', 'ice'],
    pattern: /^Firmware recovery mode detected\. Limiting functionality\./,
    example: 'i40e 0000:5e:00.0: Firmware recovery mode detected. Limiting functionality.',
    source: 'ixgbe_check_fw_error, i40e_check_recovery_mode, ice_service_task',
  },
  {
    event: 'device_lost',
    drivers: ['ixgbe'],
    pattern: /^Network adapter has been stopped because it has over heated/,
    example:
      'ixgbe 0000:01:00.0 enp1s0f0: Network adapter has been stopped because it has over heated. Restart the computer.',
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_overheat_msg',
  },
  {
    event: 'tx_timeout',
    drivers: ['i40e', 'ice'],
    pattern: /^tx_timeout: VSI_(?:seid|num): \d+, Q /,
    example:
      'i40e 0000:08:00.1 eth9: tx_timeout: VSI_seid: 391, Q 5, NTC: 0x4c, HWB: 0x4c, NTU: 0x60, TAIL: 0x60, INT: 0x1',
    source: 'i40e_tx_timeout, ice_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['i40e', 'ice'],
    pattern: /^tx_timeout recovery level \d+/,
    example: 'i40e 0000:08:00.1: eth9: tx_timeout recovery level 1',
    source: 'i40e_tx_timeout, ice_tx_timeout',
  },
  {
    event: 'firmware_fault',
    drivers: ['i40e', 'ice'],
    pattern: /^tx_timeout recovery unsuccessful/,
    example:
      'ice 0000:17:00.0 ens1f0: tx_timeout recovery unsuccessful, device is in unrecoverable state.',
    source: 'i40e_tx_timeout, ice_tx_timeout',
  },
  {
    event: 'malicious_driver',
    drivers: ['i40e', 'ice'],
    pattern: /^Malicious Driver Detection event /,
    example:
      'i40e 0000:5e:00.0: Malicious Driver Detection event 0x02 on TX queue 4 PF number 0x00 VF number 0x00',
    source: 'i40e_handle_mdd_event, ice_handle_mdd_event',
  },
  {
    event: 'firmware_fault',
    drivers: ['i40e'],
    pattern: /^Entering recovery mode due to repeated FW resets/,
    example:
      'i40e 0000:5e:00.0: Entering recovery mode due to repeated FW resets. This may take several minutes. Refer to the Intel(R) Ethernet Adapters and Devices User Guide.',
    source: 'drivers/net/ethernet/intel/i40e/i40e_main.c i40e_pf_loop_reset',
  },
  {
    event: 'firmware_fault',
    drivers: ['i40e'],
    pattern: /^(?:PF reset failed, -?\d+|A[RS]Q Critical Error detected|HMC error interrupt)/,
    example: 'i40e 0000:5e:00.0: PF reset failed, -15',
    source: 'i40e_reset, i40e_clean_adminq_subtask, i40e_intr',
  },
  {
    event: 'firmware_fault',
    drivers: ['ice'],
    pattern: /^reset \d+ failed/,
    example: 'ice 0000:17:00.0: reset 1 failed',
    source: 'drivers/net/ethernet/intel/ice/ice_main.c ice_do_reset',
  },
  {
    event: 'adapter_reset',
    drivers: ['iavf'],
    // Not "Reset indication received from the PF": the host resets the VF, mostly on request.
    pattern: /^Hardware reset detected/,
    example: 'iavf 0000:05:02.0: Hardware reset detected',
    source: 'drivers/net/ethernet/intel/iavf/iavf_main.c iavf_watchdog_task',
  },
  {
    event: 'firmware_fault',
    drivers: ['iavf'],
    pattern: /^Reset never finished \(/,
    example: 'iavf 0000:05:02.0: Reset never finished (0)',
    source: 'drivers/net/ethernet/intel/iavf/iavf_main.c iavf_reset_task',
  },
  {
    event: 'tx_timeout',
    drivers: ['idpf'],
    pattern: /^Detected Tx timeout: Count \d+, Queue \d+/,
    example: 'idpf 0000:e1:00.0 enp225s0: Detected Tx timeout: Count 1, Queue 7',
    source: 'drivers/net/ethernet/intel/idpf/idpf_lib.c idpf_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['mlx5_core'],
    pattern: /^TX timeout (?:detected|on queue: \d+, SQ: )/,
    example: 'mlx5_core 0000:5e:00.0 ens1f0np0: TX timeout detected',
    source: 'drivers/net/ethernet/mellanox/mlx5/core/en_main.c mlx5e_tx_timeout, en/reporter_tx.c',
  },
  {
    event: 'firmware_fault',
    drivers: ['mlx5_core'],
    pattern:
      /^(?:device's health compromised - reached miss count|Fatal error \d+ detected|Health issue observed, |health recovery failed)/,
    example:
      "mlx5_core 0000:5e:00.0: poll_health:801:(pid 0): device's health compromised - reached miss count",
    source: 'drivers/net/ethernet/mellanox/mlx5/core/health.c',
  },
  {
    event: 'firmware_fault',
    drivers: ['mlx5_core'],
    pattern: /^\w+\(0x[0-9a-f]+\) timeout\. Will cause a leak of a command resource/,
    example:
      'mlx5_core 0000:5e:00.0: wait_func:1151:(pid 2212): 2RST_QP(0x50a) timeout. Will cause a leak of a command resource',
    source: 'drivers/net/ethernet/mellanox/mlx5/core/cmd.c wait_func',
  },
  {
    event: 'adapter_reset',
    drivers: ['mlx5_core'],
    pattern: /^starting health recovery flow/,
    example:
      'mlx5_core 0000:5e:00.0: mlx5_health_try_recover:335:(pid 12312): starting health recovery flow',
    source: 'drivers/net/ethernet/mellanox/mlx5/core/health.c',
  },
  {
    event: 'device_lost',
    drivers: ['mlx5_core'],
    pattern: /^PCI slot is unavailable/,
    example: 'mlx5_core 0000:5e:00.0: mlx5_pci_slot_reset:1772:(pid 8127): PCI slot is unavailable',
    source: 'drivers/net/ethernet/mellanox/mlx5/core/health.c',
  },
  {
    event: 'tx_timeout',
    drivers: ['mlx4_en'],
    pattern: /^(?:TX timeout on queue: \d+, QP: |Tx timeout called on port:)/,
    example: 'mlx4_en: eth1: TX timeout on queue: 3, QP: 0x4c, CQ: 0x9f, Cons: 0x1e7, Prod: 0x1f7',
    source: 'drivers/net/ethernet/mellanox/mlx4/en_netdev.c mlx4_en_tx_timeout',
  },
  {
    event: 'firmware_fault',
    drivers: ['mlx4_core'],
    pattern: /^(?:Internal error detected|command 0x[0-9a-f]+ timed out \(go bit not cleared\))/,
    example: 'mlx4_core 0000:04:00.0: Internal error detected:',
    source: 'drivers/net/ethernet/mellanox/mlx4/catas.c dump_err_buf, cmd.c',
  },
  {
    event: 'adapter_reset',
    drivers: ['mlx4_core'],
    pattern: /^device is going to be reset/,
    example: 'mlx4_core 0000:04:00.0: device is going to be reset',
    source: 'drivers/net/ethernet/mellanox/mlx4/catas.c mlx4_enter_error_state',
  },
  {
    event: 'tx_timeout',
    drivers: ['bnxt_en'],
    pattern: /^TX timeout detected, starting reset task!/,
    example: 'bnxt_en 0000:65:00.0 eno1np0: TX timeout detected, starting reset task!',
    source: 'drivers/net/ethernet/broadcom/bnxt/bnxt.c bnxt_tx_timeout',
  },
  {
    event: 'firmware_fault',
    drivers: ['bnxt_en'],
    pattern:
      /^(?:Detected firmware fatal condition, initiating reset|\S+ firmware reset event, data1: |Firmware reset aborted|Firmware not responding, status: |One or more MMIO doorbells dropped by the device!)/,
    example: 'bnxt_en 0000:65:00.0 eno1np0: Detected firmware fatal condition, initiating reset',
    source: 'bnxt_async_event_process, bnxt_fw_reset_task',
  },
  {
    event: 'adapter_reset',
    drivers: ['bnxt_en'],
    pattern: /^RX ring reset failed, rc = -?\d+, falling back to global reset/,
    example:
      'bnxt_en 0000:65:00.0 eno1np0: RX ring reset failed, rc = -16, falling back to global reset',
    source: 'drivers/net/ethernet/broadcom/bnxt/bnxt.c bnxt_rx_ring_reset',
  },
  {
    event: 'tx_timeout',
    drivers: ['bnx2x'],
    pattern: /^Indicating link is down due to Tx-timeout/,
    example: 'bnx2x: [bnx2x_sp_rtnl_task:10342(eth0)]Indicating link is down due to Tx-timeout',
    source: 'drivers/net/ethernet/broadcom/bnx2x/bnx2x_main.c bnx2x_sp_rtnl_task',
  },
  {
    event: 'firmware_fault',
    drivers: ['bnx2x'],
    pattern:
      /^(?:MCP? assert!|MFW seems hanged: |FATAL HW block attention set\d 0x|Recovery has failed\. Power cycle is needed\.)/,
    example: 'bnx2x: [bnx2x_attn_int_deasserted3:4335(eth0)]MC assert!',
    source: 'drivers/net/ethernet/broadcom/bnx2x/bnx2x_main.c',
  },
  {
    event: 'tx_timeout',
    drivers: ['bnx2'],
    pattern: /^<--- start FTQ dump --->/,
    example: 'bnx2 0000:02:00.0 eth0: <--- start FTQ dump --->',
    source: 'drivers/net/ethernet/broadcom/bnx2.c bnx2_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['tg3'],
    pattern: /^transmit timed out, resetting/,
    example: 'tg3 0000:03:00.0 eth0: transmit timed out, resetting',
    source: 'drivers/net/ethernet/broadcom/tg3.c tg3_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['tg3'],
    pattern: /^(?:FLOW Attention|MSI Status|DMA Status) error\./,
    example: 'tg3 0000:03:00.0 eth0: FLOW Attention error.  Resetting chip.',
    source: 'drivers/net/ethernet/broadcom/tg3.c tg3_process_error',
  },
  {
    event: 'device_lost',
    drivers: ['tg3'],
    pattern: /^PCI channel ERROR!/,
    example: 'tg3 0000:03:00.0 eth0: PCI channel ERROR!',
    source: 'drivers/net/ethernet/broadcom/tg3.c tg3_dump_state',
  },
  {
    event: 'tx_timeout',
    drivers: ['r8169'],
    pattern: /^ASPM disabled on Tx timeout/,
    example: 'r8169 0000:02:00.0 enp2s0: ASPM disabled on Tx timeout',
    source: 'drivers/net/ethernet/realtek/r8169_main.c rtl_task',
  },
  {
    event: 'adapter_reset',
    drivers: ['r8169'],
    pattern: /^PCI error \(cmd = 0x/,
    example: 'r8169 0000:02:00.0 enp2s0: PCI error (cmd = 0x0407, status_errs = 0x0000)',
    source: 'drivers/net/ethernet/realtek/r8169_main.c rtl8169_pcierr_interrupt',
  },
  {
    event: 'device_lost',
    drivers: ['r8169'],
    pattern: /^Can't reset secondary PCI bus, detach NIC/,
    example: "r8169 0000:02:00.0 enp2s0: Can't reset secondary PCI bus, detach NIC",
    source: 'drivers/net/ethernet/realtek/r8169_main.c rtl_task',
  },
  {
    event: 'tx_timeout',
    drivers: ['r8168', 'r8125'],
    pattern: /^Transmit timeout reset Device!/,
    example: 'r8168 0000:02:00.0 enp2s0: Transmit timeout reset Device!',
    source: 'Realtek r8168 and r8125, outside the kernel tree',
  },
  {
    event: 'tx_timeout',
    drivers: ['r8152', 'hinic'],
    pattern: /^Tx timeout$/,
    example: 'r8152 2-1.2:1.0 eth0: Tx timeout',
    source: 'rtl8152_tx_timeout, hinic_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['ena'],
    pattern:
      /^(?:TX q \d+ is paused for too long|TX hasn't completed, qid \d+|Lost TX completions are above the threshold|Found a Tx that wasn't completed on time, qid \d+|The number of lost tx completions is above the threshold|Potential MSIX issue on Tx side Queue = \d+)/,
    example: "ena 0000:00:05.0 ens5: Found a Tx that wasn't completed on time, qid 3, index 214.",
    source: 'drivers/net/ethernet/amazon/ena/ena_netdev.c check_missing_comp_in_tx_queue',
  },
  {
    event: 'adapter_reset',
    drivers: ['ena'],
    pattern: /^Trigger reset is on/,
    example: 'ena 0000:00:05.0 ens5: Trigger reset is on',
    source: 'drivers/net/ethernet/amazon/ena/ena_netdev.c ena_timer_service',
  },
  {
    event: 'firmware_fault',
    drivers: ['ena'],
    pattern: /^(?:Keep alive watchdog timeout\.|ENA admin queue is not in running state!)/,
    example: 'ena 0000:00:05.0 ens5: Keep alive watchdog timeout.',
    source: 'drivers/net/ethernet/amazon/ena/ena_netdev.c check_for_missing_keep_alive',
  },
  {
    event: 'tx_timeout',
    drivers: ['gve'],
    pattern: /^Timeout on tx queue, \d+/,
    example: 'gve 0000:00:04.0 ens4: Timeout on tx queue, 2',
    source: 'drivers/net/ethernet/google/gve/gve_main.c gve_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['gve'],
    pattern: /^Performing reset/,
    example: 'gve 0000:00:04.0: Performing reset',
    source: 'drivers/net/ethernet/google/gve/gve_main.c gve_reset',
  },
  {
    event: 'firmware_fault',
    drivers: ['gve'],
    pattern: /^Reset failed! !!! DISABLING ALL QUEUES !!!/,
    example: 'gve 0000:00:04.0: Reset failed! !!! DISABLING ALL QUEUES !!!',
    source: 'drivers/net/ethernet/google/gve/gve_main.c gve_reset_recovery',
  },
  {
    event: 'tx_timeout',
    drivers: ['vmxnet3'],
    pattern: /^tx hang$/,
    example: 'vmxnet3 0000:0b:00.0 ens192: tx hang',
    source: 'drivers/net/vmxnet3/vmxnet3_drv.c vmxnet3_tx_timeout',
  },
  {
    event: 'adapter_reset',
    drivers: ['vmxnet3'],
    pattern: /^resetting$/,
    example: 'vmxnet3 0000:0b:00.0 ens192: resetting',
    source: 'drivers/net/vmxnet3/vmxnet3_drv.c vmxnet3_reset_work',
  },
  {
    event: 'firmware_fault',
    drivers: ['net'],
    pattern: /^[tr]q\[\d+\] error 0x/,
    example: 'net eth0: eth0: tq[0] error 0x80000000',
    source: 'drivers/net/vmxnet3/vmxnet3_drv.c vmxnet3_process_events',
  },
  {
    event: 'tx_timeout',
    drivers: ['virtio_net'],
    pattern: /^TX timeout on queue: \d+, sq: /,
    example:
      'virtio_net virtio2 eth0: TX timeout on queue: 0, sq: output.0, vq: 0x1, name: output.0, 5628000 usecs ago',
    source: 'drivers/net/virtio_net.c virtnet_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['sfc'],
    pattern: /^TX stuck with port_enabled=\d+: resetting channels/,
    example: 'sfc 0000:03:00.0 ens2f0: TX stuck with port_enabled=1: resetting channels',
    source: 'drivers/net/ethernet/sfc/efx_common.c efx_watchdog',
  },
  {
    event: 'tx_timeout',
    drivers: ['nfp'],
    pattern: /^TX watchdog timeout on ring: \d+/,
    example: 'nfp 0000:04:00.0 ens4np0: TX watchdog timeout on ring: 3',
    source: 'drivers/net/ethernet/netronome/nfp/nfp_net_common.c nfp_net_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['ionic'],
    pattern: /^Tx Timeout triggered - txq \d+/,
    example: 'ionic 0000:b5:00.0 enp181s0: Tx Timeout triggered - txq 4',
    source: 'drivers/net/ethernet/pensando/ionic/ionic_lif.c ionic_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['qede'],
    pattern: /^TX timeout on queue \d+!/,
    example: 'qede: [qede_tx_timeout:556(eth0)]TX timeout on queue 2!',
    source: 'drivers/net/ethernet/qlogic/qede/qede_main.c qede_tx_timeout',
  },
  {
    event: 'tx_timeout',
    drivers: ['hns3'],
    pattern:
      /^(?:no netdev TX timeout queue found, timeout count: |tx_timeout count: \d+, queue id: )/,
    example:
      'hns3 0000:7d:00.0 eno1: tx_timeout count: 1, queue id: 5, SW_NTU: 0x1b, SW_NTC: 0x1a, napi state: 17',
    source: 'drivers/net/ethernet/hisilicon/hns3/hns3_enet.c',
  },
  {
    event: 'adapter_reset',
    drivers: ['be2net'],
    pattern: /^Resetting adapter/,
    example: 'be2net 0000:04:00.0: Resetting adapter',
    source: 'drivers/net/ethernet/emulex/benet/be_main.c be_tx_timeout',
  },
];

/** Every record of the network core that a row matches contains one of these. */
export const coreEventWords: RegExp = /NETDEV WATCHDOG|hw csum failure|Dead loop on virtual device/;
