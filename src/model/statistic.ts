/** One driver statistic. Names repeat on some drivers, so a device's statistics are an ordered list, never a map. */
export interface Statistic {
  /** As the driver spells it, leading and trailing spaces included. */
  readonly name: string;
  /** Unsigned 64 bit. */
  readonly value: bigint;
}
