/** What Grafana puts in place of the variables of a query, by their names. */
export type VariableValues = Readonly<Record<string, string>>;

/** Times a query is made for, in seconds. */
export interface QueryTimes {
  readonly from: number;
  readonly to: number;
  /** Scrape interval configured in the data source. */
  readonly scrapeInterval: number;
  /** How many points a panel asks for. */
  readonly maxDataPoints: number;
  /** The minimum step, if the panel has one. */
  readonly minInterval?: number | undefined;
}

/** Values of the variables Grafana makes of the time range. @see https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/ */
export function timeVariables(times: QueryTimes): VariableValues {
  const range = Math.round(times.to - times.from);
  const step = stepSeconds(times);
  const rate = Math.max(step + times.scrapeInterval, 4 * times.scrapeInterval);
  return {
    __range: `${range}s`,
    __interval: `${step}s`,
    __rate_interval: `${rate}s`,
    __from: String(Math.round(times.from)),
  };
}

/** The step of a range query: no more points than asked for, and no finer than scrapes. */
export function stepSeconds({
  from,
  to,
  scrapeInterval,
  maxDataPoints,
  minInterval = scrapeInterval,
}: QueryTimes): number {
  return Math.max(Math.ceil((to - from) / maxDataPoints), minInterval);
}

/** Replaces `$name` and `${name:format}`; `$1` belongs to the query. @throws {Error} that names a variable without a value. */
export function interpolate(text: string, values: VariableValues): string {
  return text.replaceAll(
    /\$\{(\w+)(?::[\w:]+)?\}|\$([a-zA-Z_]\w*)/g,
    (written, braced?: string, bare?: string) => {
      const value = values[braced ?? bare ?? ''];
      if (value === undefined) {
        throw new Error(`no value for the variable ${written}`);
      }
      return value;
    },
  );
}
