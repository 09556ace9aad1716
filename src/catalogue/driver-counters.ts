/** Meanings of driver statistics, independent of their names. */
export const counterMeanings = [
  'rx_csum_errors',
  'rx_crc_errors',
  'rx_missed',
  'rx_no_buffer',
  'tx_timeouts',
  'resets',
] as const;

export type CounterMeaning = (typeof counterMeanings)[number];

/**
 * The statistics of a meaning: alternatives, the best first. The first alternative with a name the device has is used, and its
 * statistics are summed. So a total precedes its parts, and the name in newer kernels the one in older kernels.
 *
 * Names are as printed by ethtool, trimmed; `{n}` is the number of a queue.
 */
export type CounterSource = readonly (readonly string[])[];

/** What a driver counts. A meaning that is missing has no series, because absent is not zero. */
interface DriverCounters extends Readonly<Partial<Record<CounterMeaning, CounterSource>>> {
  /** The kernel file that names the statistics. */
  readonly source: string;
}

const e1000: Omit<DriverCounters, 'source'> = {
  // Not rx_csum_offload_good, which counts good packets.
  rx_csum_errors: [['rx_csum_offload_errors']],
  rx_crc_errors: [['rx_crc_errors']],
  rx_missed: [['rx_missed_errors']],
  rx_no_buffer: [['rx_no_buffer_count']],
  tx_timeouts: [['tx_timeout_count']],
};

const igb: Omit<DriverCounters, 'source'> = {
  rx_csum_errors: [['rx_queue_{n}_csum_err']],
  rx_crc_errors: [['rx_crc_errors']],
  // With several queues the NIC counts drops per queue, and rx_missed_errors does not increase.
  rx_missed: [['rx_missed_errors', 'rx_queue_{n}_drops']],
  rx_no_buffer: [['rx_no_buffer_count']],
  tx_timeouts: [['tx_timeout_count']],
};

const stmmac: DriverCounters = {
  source: 'drivers/net/ethernet/stmicro/stmmac/stmmac_ethtool.c',
  // One per kind of descriptor. Not ip_csum_bypassed, which is no error.
  rx_csum_errors: [['ip_hdr_err', 'ip_payload_err', 'ipc_csum_error']],
  rx_crc_errors: [['mmc_rx_crc_error'], ['rx_crc_errors']],
  rx_missed: [['mmc_rx_fifo_overflow'], ['rx_overflow_cntr']],
  rx_no_buffer: [['rx_missed_cntr']],
};

/**
 * The statistics of each driver, by the name that `ethtool -i` prints. Allocation failures of a driver are not lost packets, and
 * restarts and stops of queues are back-pressure: neither is counted.
 */
export const driverCounters: Readonly<Record<string, DriverCounters>> = {
  e1000e: { source: 'drivers/net/ethernet/intel/e1000e/ethtool.c', ...e1000 },
  e1000: { source: 'drivers/net/ethernet/intel/e1000/e1000_ethtool.c', ...e1000 },
  igb: { source: 'drivers/net/ethernet/intel/igb/igb_ethtool.c', ...igb },
  igc: { source: 'drivers/net/ethernet/intel/igc/igc_ethtool.c', ...igb },
  ixgbe: {
    source: 'drivers/net/ethernet/intel/ixgbe/ixgbe_ethtool.c',
    rx_csum_errors: [['rx_csum_offload_errors']],
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [['rx_missed_errors']],
    // The first since 82599, the second on 82598.
    rx_no_buffer: [['rx_no_dma_resources', 'rx_no_buffer_count']],
    tx_timeouts: [['tx_timeout_count']],
  },
  ixgbevf: {
    source: 'drivers/net/ethernet/intel/ixgbevf/ethtool.c',
    rx_csum_errors: [['rx_csum_offload_errors']],
    tx_timeouts: [['tx_timeout_count']],
  },
  i40e: {
    source: 'drivers/net/ethernet/intel/i40e/i40e_ethtool.c',
    rx_csum_errors: [['port.rx_csum_bad']],
    // The device's own statistics repeat those of its port.
    rx_crc_errors: [['port.rx_crc_errors'], ['rx_crc_errors']],
    rx_missed: [['port.rx_discards'], ['rx_missed_errors']],
    tx_timeouts: [['port.tx_timeout']],
  },
  iavf: {
    source: 'drivers/net/ethernet/intel/iavf/iavf_ethtool.c',
    rx_missed: [['rx_discards']],
  },
  ice: {
    source: 'drivers/net/ethernet/intel/ice/ice_ethtool.c',
    // Since 6.12 wrong outer IP headers have their own counter.
    rx_csum_errors: [['rx_csum_bad.nic', 'rx_eipe_error.nic']],
    rx_crc_errors: [['rx_crc_errors.nic']],
    rx_missed: [['rx_dropped.nic'], ['rx_dropped']],
    tx_timeouts: [['tx_timeout.nic']],
  },
  mlx4_en: {
    source: 'drivers/net/ethernet/mellanox/mlx4/en_ethtool.c',
    // Not rx_csum_none: it counts packets the NIC did not check.
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [['rx_fifo_errors']],
    rx_no_buffer: [['rx_dropped']],
    tx_timeouts: [['tx_timeout']],
  },
  mlx5_core: {
    source: 'drivers/net/ethernet/mellanox/mlx5/core/en_stats.c',
    // Not rx_csum_none, _complete and _unnecessary: they are ways to check, not outcomes.
    rx_crc_errors: [['rx_crc_errors_phy']],
    rx_missed: [['rx_discards_phy']],
    rx_no_buffer: [['rx_out_of_buffer']],
    // Queues recovered after an error.
    resets: [
      ['tx_recover', 'rx_recover'],
      ['tx{n}_recover', 'rx{n}_recover'],
    ],
  },
  bnxt_en: {
    source: 'drivers/net/ethernet/broadcom/bnxt/bnxt_ethtool.c',
    rx_csum_errors: [['rx_total_l4_csum_errors'], ['[{n}]: rx_l4_csum_errors']],
    rx_crc_errors: [['rx_fcs_err_frames']],
    rx_missed: [['rx_total_ring_discards'], ['rx_total_discard_pkts'], ['[{n}]: rx_discards']],
    rx_no_buffer: [['rx_total_oom_discards']],
    resets: [['rx_total_resets', 'tx_total_resets'], ['[{n}]: rx_resets']],
  },
  bnx2x: {
    source: 'drivers/net/ethernet/broadcom/bnx2x/bnx2x_ethtool.c',
    rx_csum_errors: [['rx_csum_offload_errors'], ['[{n}]: rx_csum_offload_errors']],
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [['rx_brb_discard', 'rx_brb_truncate']],
    rx_no_buffer: [['rx_discards'], ['[{n}]: rx_discards']],
  },
  bnx2: {
    source: 'drivers/net/ethernet/broadcom/bnx2.c',
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [['rx_discards', 'rx_ftq_discards', 'rx_fw_discards']],
  },
  tg3: {
    source: 'drivers/net/ethernet/broadcom/tg3.c',
    rx_crc_errors: [['rx_fcs_errors']],
    rx_missed: [['rx_discards']],
    rx_no_buffer: [['rxbds_empty']],
  },
  r8169: {
    source: 'drivers/net/ethernet/realtek/r8169_main.c',
    rx_missed: [['rx_missed']],
  },
  ena: {
    source: 'drivers/net/ethernet/amazon/ena/ena_ethtool.c',
    // The second up to 5.10. Not csum_unchecked, which counts packets the device did not check.
    rx_csum_errors: [['queue_{n}_rx_csum_bad'], ['queue_{n}_rx_bad_csum']],
    rx_no_buffer: [['queue_{n}_rx_empty_rx_ring']],
    tx_timeouts: [['tx_timeout']],
  },
  gve: {
    source: 'drivers/net/ethernet/google/gve/gve_ethtool.c',
    rx_csum_errors: [['rx_drops_invalid_checksum[{n}]']],
    rx_missed: [['rx_queue_drop_cnt[{n}]']],
    rx_no_buffer: [['rx_no_buffers_posted[{n}]']],
    tx_timeouts: [['tx_timeouts']],
    resets: [['reset_cnt']],
  },
  virtio_net: {
    source: 'drivers/net/virtio_net.c',
    rx_missed: [['rx_drops'], ['rx{n}_drops'], ['rx_queue_{n}_drops']],
    tx_timeouts: [['tx_tx_timeouts'], ['tx{n}_tx_timeouts'], ['tx_queue_{n}_tx_timeouts']],
  },
  vmxnet3: {
    source: 'drivers/net/vmxnet3/vmxnet3_ethtool.c',
    // One per queue, under the same name.
    rx_crc_errors: [['fcs']],
    rx_no_buffer: [['pkts rx OOB']],
    tx_timeouts: [['tx timeout count']],
  },
  hv_netvsc: {
    source: 'drivers/net/hyperv/netvsc_drv.c',
    rx_no_buffer: [['rx_no_memory']],
  },
  sfc: {
    source: 'drivers/net/ethernet/sfc/ethtool_common.c',
    rx_csum_errors: [
      [
        'rx_ip_hdr_chksum_err',
        'rx_tcp_udp_chksum_err',
        'rx_inner_ip_hdr_chksum_err',
        'rx_inner_tcp_udp_chksum_err',
        'rx_outer_ip_hdr_chksum_err',
        'rx_outer_tcp_udp_chksum_err',
      ],
    ],
    rx_crc_errors: [['port_rx_bad'], ['rx_eth_crc_err']],
    rx_missed: [['port_rx_overflow']],
    rx_no_buffer: [['port_rx_nodesc_drops', 'rx_noskb_drops']],
    resets: [['rx_reset']],
  },
  nfp: {
    source: 'drivers/net/ethernet/netronome/nfp/nfp_net_ethtool.c',
    rx_csum_errors: [['hw_rx_csum_err']],
    rx_crc_errors: [['mac.rx_frame_check_sequence_errors']],
    rx_missed: [['dev_rx_discards']],
  },
  cxgb4: {
    source: 'drivers/net/ethernet/chelsio/cxgb4/cxgb4_ethtool.c',
    // Not rx_csum_good, which counts good packets.
    rx_crc_errors: [['rx_fcs_errors']],
    // Not bg0_frames_dropped, which is of the loopback.
    rx_missed: [['rx_bg{n}_frames_dropped']],
  },
  qede: {
    source: 'drivers/net/ethernet/qlogic/qede/qede_ethtool.c',
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [['brb_discards', 'brb_truncates']],
    rx_no_buffer: [['no_buff_discards']],
  },
  ionic: {
    source: 'drivers/net/ethernet/pensando/ionic/ionic_stats.c',
    rx_csum_errors: [['rx_csum_error'], ['rx_{n}_csum_error']],
    rx_crc_errors: [['frames_rx_bad_fcs']],
    rx_missed: [['hw_rx_dropped', 'hw_rx_missed_errors']],
    // Packets that found the receive queue empty.
    rx_no_buffer: [['hw_rx_over_errors']],
  },
  hns3: {
    source: 'drivers/net/ethernet/hisilicon/hns3/hns3_ethtool.c',
    rx_csum_errors: [['rxq{n}_l3l4_csum_err']],
    rx_crc_errors: [['mac_rx_fcs_err_pkt_num']],
    rx_no_buffer: [['rxq{n}_dropped']],
  },
  atlantic: {
    source: 'drivers/net/ethernet/aquantia/atlantic/aq_ethtool.c',
    rx_missed: [['InDroppedDma']],
  },
  st_mac100: stmmac,
  st_gmac: stmmac,
  st_xgmac: stmmac,
  be2net: {
    source: 'drivers/net/ethernet/emulex/benet/be_ethtool.c',
    rx_csum_errors: [['rx_ip_checksum_errs', 'rx_tcp_checksum_errs', 'rx_udp_checksum_errs']],
    rx_crc_errors: [['rx_crc_errors']],
    rx_missed: [
      [
        'rx_drops_no_pbuf',
        'rx_input_fifo_overflow_drop',
        'rxpp_fifo_overflow_drop',
        'pmem_fifo_overflow_drop',
      ],
    ],
    rx_no_buffer: [['rxq{n}: rx_drops_no_frags', 'rxq{n}: rx_drops_no_skbs']],
  },
  mana: {
    source: 'drivers/net/ethernet/microsoft/mana/mana_ethtool.c',
    rx_no_buffer: [['hc_rx_discards_no_wqe']],
  },
  veth: {
    source: 'drivers/net/veth.c',
    // Not peer_ifindex, which is an index.
    rx_missed: [['rx_queue_{n}_drops']],
  },
};
