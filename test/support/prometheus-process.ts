import { execa } from 'execa';

import { freePort } from './agent-process.ts';
import { fetchFrom } from './fetch.ts';
import type { Namespace } from './netns.ts';
import { startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { listAt, valueAt } from './value-at.ts';

export interface PrometheusOptions {
  /** Text of prometheus.yml. */
  readonly configuration: string;
  /** Further files by name, such as rules. */
  readonly files?: Readonly<Record<string, string>>;
  /** Past samples, in the OpenMetrics format. */
  readonly history?: string;
  readonly namespace?: Namespace;
  /** The program; by default the installed one. */
  readonly command?: string;
}

/** Prometheus, running. */
export interface PrometheusProcess extends ServerProcess {
  readonly url: string;
  /** Values an instant query gives, one for each series. @throws {Error} with the error of Prometheus. */
  query(expression: string): Promise<readonly number[]>;
}

/** Starts Prometheus, in a namespace or on a free port, and waits until it is ready. */
export async function startPrometheus({
  configuration,
  files = {},
  history,
  namespace,
  command = 'prometheus',
}: PrometheusOptions): Promise<PrometheusProcess> {
  // In a separate namespace every port is free.
  const address = `127.0.0.1:${namespace === undefined ? await freePort() : 9090}`;
  const url = `http://${address}`;
  const server = await startServer({
    command,
    argv: (folder) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    files: {
      ...files,
      'prometheus.yml': configuration,
      ...(history === undefined ? {} : { 'history.om': history }),
    },
    prepare: async (folder) => {
      if (history !== undefined) {
        const blocks = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet'];
        await execa('promtool', [...blocks, `${folder}/history.om`, `${folder}/data`]);
      }
    },
    url,
    namespace: namespace?.name,
  });
  return {
    ...server,
    url,
    query: async (expression) => {
      const { text } = await fetchFrom(
        namespace?.name,
        `${url}/api/v1/query?query=${encodeURIComponent(expression)}`,
      );
      return queryValues(text);
    },
  };
}

/** One real answer: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"1"]}]}}` */
function queryValues(text: string): readonly number[] {
  const answer: unknown = JSON.parse(text);
  if (valueAt(answer, 'status') !== 'success') {
    throw new Error(`expected the result of a query, got ${text}`);
  }
  return listAt(answer, 'data', 'result').map((series) => Number(valueAt(series, 'value', '1')));
}
