/** One form of statistic names with a queue number. */
interface QueueForm {
  /** Group `queue` is the number; `before` and `after` are the rest of the name. */
  readonly pattern: RegExp;
  /** Drivers that use the form; undefined where it has the same meaning for all drivers. */
  readonly drivers?: readonly string[];
  readonly examples: readonly (readonly [name: string, statistic: string, queue: string])[];
}

/** Packet sizes (`rx_64_bytes_phy`), priorities and traffic classes are not queues. */
export const queueForms: readonly QueueForm[] = [
  {
    pattern: /^(?<before>(?:[rt]x_queue|queue|rvec|rxq|txq)_)(?<queue>\d+)_(?<after>.+)$/s,
    examples: [
      ['rx_queue_0_csum_err', 'rx_queue_csum_err', '0'],
      ['queue_12_rx_csum_bad', 'queue_rx_csum_bad', '12'],
      ['rvec_3_tx_busy', 'rvec_tx_busy', '3'],
    ],
  },
  {
    pattern: /^(?<before>[rt]xq?|ch|cpu|ptp_[rt]x|qos_tx)(?<queue>\d+)(?<after>_.+)$/s,
    examples: [
      ['rx0_packets', 'rx_packets', '0'],
      ['rxq5_l3l4_csum_err', 'rxq_l3l4_csum_err', '5'],
      ['ch0_poll', 'ch_poll', '0'],
      ['cpu63_vf_rx_bytes', 'cpu_vf_rx_bytes', '63'],
      ['ptp_tx0_skb_timestamp_lost', 'ptp_tx_skb_timestamp_lost', '0'],
    ],
  },
  {
    pattern: /^(?<before>[rt]x)-(?<queue>\d+)(?<after>\..+)$/s,
    examples: [['rx-7.packets', 'rx.packets', '7']],
  },
  {
    pattern: /^(?<before>[rt]x)_(?<queue>\d+)(?<after>_.+)$/s,
    drivers: ['ionic', 'mana'],
    examples: [['rx_0_csum_error', 'rx_csum_error', '0']],
  },
  {
    pattern: /^(?<before>[rt]xq)(?<queue>\d+)(?<after>: .+)$/s,
    examples: [['rxq0: rx_drops_no_skbs', 'rxq: rx_drops_no_skbs', '0']],
  },
  {
    pattern: /^(?<before>)(?:\[(?<queue>\d+)\]): (?<after>.+)$/s,
    examples: [['[0]: rx_l4_csum_errors', 'rx_l4_csum_errors', '0']],
  },
  {
    pattern: /^(?<before>)(?<queue>\d+(?:_\d+)?): (?<after>.+)$/s,
    examples: [
      ['0: rx_hw_errors', 'rx_hw_errors', '0'],
      ['3_0: stopped_cnt', 'stopped_cnt', '3_0'],
    ],
  },
  {
    pattern: /^(?<before>[^[\]]+)\[(?<queue>\d+)\](?<after>[^[\]]*)$/s,
    examples: [
      ['rx_drops_invalid_checksum[2]', 'rx_drops_invalid_checksum', '2'],
      ['Queue[0] InErrors', 'Queue InErrors', '0'],
    ],
  },
];
