/** What a driver statistic means, whatever the driver calls it. */
export type CounterMeaning = 'rx_csum_errors';

/**
 * Names of the statistics that add up to a meaning, by driver. A driver that is not listed, or has no pattern for a
 * meaning, yields no series: absent is not zero. `rx_csum_offload_good` (e1000e, e1000) counts good packets.
 */
export const driverCounters: Readonly<
  Record<string, Readonly<Partial<Record<CounterMeaning, RegExp>>>>
> = {
  // drivers/net/ethernet/intel/e1000e/ethtool.c
  e1000e: { rx_csum_errors: /^rx_csum_offload_errors$/ },
  // drivers/net/ethernet/intel/e1000/e1000_ethtool.c
  e1000: { rx_csum_errors: /^rx_csum_offload_errors$/ },
  // drivers/net/ethernet/intel/igb/igb_ethtool.c, counted by queue only
  igb: { rx_csum_errors: /^rx_queue_\d+_csum_err$/ },
};
