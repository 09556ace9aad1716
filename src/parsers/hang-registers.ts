/** Ring positions of a hung transmit queue: the descriptors from head to tail are pending. */
export interface HangRegisters {
  /** TDH, the next descriptor the hardware sends. */
  readonly head: number;
  /** TDT, the next descriptor the driver fills. */
  readonly tail: number;
}

const separatePattern = /^ *TDH +<([0-9a-f]{1,8})>\n *TDT +<([0-9a-f]{1,8})>$/m;
const togetherPattern = /^ *TDH, TDT +<([0-9a-f]{1,8})>, <([0-9a-f]{1,8})>$/m;

/**
 * Parses the registers in a hang record: e1000e, e1000, igb and igc print them on two lines, ixgbe and ixgbevf on one.
 * They are hexadecimal. Undefined for a truncated record.
 *
 * One real part: `  TDH                  <d>` and `  TDT                  <11>`
 *
 * @see drivers/net/ethernet/intel/e1000e/netdev.c (e1000_print_hw_hang)
 */
export function parseHangRegisters(text: string): HangRegisters | undefined {
  const match = separatePattern.exec(text) ?? togetherPattern.exec(text);
  const [, head, tail] = match ?? [];
  return head === undefined || tail === undefined
    ? undefined
    : { head: Number.parseInt(head, 16), tail: Number.parseInt(tail, 16) };
}
