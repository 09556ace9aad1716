import { listAt, stringsAt, valueAt } from './value-at.ts';

/** One series of an answer. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The value of an instant query, or the last of a range. */
  readonly value: number;
}

interface QueryRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Queries of a dashboard. Times are in seconds, those of the clock since the epoch. */
export interface PrometheusApi {
  /** @throws {Error} with the error of Prometheus. */
  query(query: string, time: number): Promise<readonly Series[]>;
  /** @throws {Error} with the error of Prometheus. */
  queryRange(query: string, range: QueryRange): Promise<readonly Series[]>;
  /** Values that a label has in a series. */
  labelValues(label: string, series: string): Promise<readonly string[]>;
}

/** Queries the Prometheus at an address such as `http://127.0.0.1:9090`. */
export function createPrometheusApi(url: string): PrometheusApi {
  return {
    query: async (query, time) =>
      seriesOf(await ask(`${url}/api/v1/query`, { query, time: String(time) })),
    queryRange: async (query, { from, to, step }) =>
      seriesOf(
        await ask(`${url}/api/v1/query_range`, {
          query,
          start: String(from),
          end: String(to),
          step: String(step),
        }),
      ),
    labelValues: async (label, series) =>
      listAt(await ask(`${url}/api/v1/label/${label}/values`, { 'match[]': series }), 'data').map(
        String,
      ),
  };
}

async function ask(
  address: string,
  parameters: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(`${address}?${new URLSearchParams(parameters).toString()}`);
  const answer: unknown = await response.json();
  if (valueAt(answer, 'status') !== 'success') {
    throw new Error(`${String(valueAt(answer, 'error'))}, asked ${JSON.stringify(parameters)}`);
  }
  return answer;
}

/** One real answer: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"1"]}]}}` */
function seriesOf(answer: unknown): readonly Series[] {
  return listAt(answer, 'data', 'result').map((series) => {
    const last = listAt(series, 'values').at(-1) ?? valueAt(series, 'value');
    return { labels: stringsAt(series, 'metric'), value: Number(valueAt(last, '1')) };
  });
}
