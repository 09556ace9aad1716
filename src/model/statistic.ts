/** One driver statistic. */
export interface Statistic {
  /** As the driver spells it, leading and trailing spaces included. */
  readonly name: string;
  /** Unsigned 64 bit. */
  readonly value: bigint;
}

/** All statistics of a device in its driver's order. Names repeat on some drivers, so they are lists, never a map. */
export interface Statistics {
  /** The same array for as long as the driver keeps its names. */
  readonly names: readonly string[];
  /** One for each name. */
  readonly values: BigUint64Array;
}
