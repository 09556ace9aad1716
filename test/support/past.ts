/** Past value of a series at a time in seconds since the epoch; undefined if it had none. */
export type PastValue = (series: string, now: number, at: number) => number | undefined;

export interface PastOptions {
  /** Times of the samples, in seconds since the epoch. */
  readonly times: readonly number[];
  /** Labels that a scrape adds. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: PastValue;
}

/** Makes a past, as lines of the OpenMetrics format, for the series that an exporter serves now. */
export function pastOf(text: string, { times, labels, value }: PastOptions): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.flatMap((line) => {
    const end = line.lastIndexOf(' ');
    const series = line.slice(0, end);
    const now = Number(line.slice(end + 1));
    return times.flatMap((at) => {
      const past = value(series, now, at);
      return past === undefined ? [] : [`${withLabels(series, labels)} ${past} ${at}`];
    });
  });
}

function withLabels(series: string, labels: Readonly<Record<string, string>>): string {
  const added = Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
  return series.endsWith('}') ? `${series.slice(0, -1)},${added}}` : `${series}{${added}}`;
}
