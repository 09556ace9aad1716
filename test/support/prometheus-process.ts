import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { fetchFrom } from './fetch.ts';
import { inNamespace } from './netns.ts';
import type { Namespace } from './netns.ts';

/** A Prometheus that scrapes one target every second. */
export interface PrometheusProcess {
  /** Values an instant query gives, one for each series. @throws {Error} with what Prometheus says of the query. */
  query(expression: string): Promise<readonly number[]>;
  /** What it has logged. */
  log(): string;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

const listenAddress = '127.0.0.1:9090';

/** Starts Prometheus in a namespace, where its port is free, and waits until it answers. */
export async function startPrometheus(
  namespace: Namespace,
  target: string,
): Promise<PrometheusProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'nicwatch-prometheus-'));
  const configuration = join(directory, 'prometheus.yml');
  await writeFile(
    configuration,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: nicwatch
    static_configs: [{ targets: ['${target}'] }]
`,
  );
  const subprocess = execa(
    ...inNamespace(namespace.name, 'prometheus', [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${listenAddress}`,
    ]),
    { stdin: 'ignore', stdout: 'ignore', reject: false },
  );
  let log = '';
  subprocess.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = async (): Promise<void> => {
    subprocess.kill('SIGTERM');
    await subprocess;
    await rm(directory, { recursive: true });
  };
  try {
    await fetchFrom(namespace.name, `http://${listenAddress}/-/ready`);
  } catch (error) {
    await stop();
    throw new Error(`Prometheus does not answer; it said: ${log}`, { cause: error });
  }
  return {
    query: async (expression) => {
      const { text } = await fetchFrom(
        namespace.name,
        `http://${listenAddress}/api/v1/query?query=${encodeURIComponent(expression)}`,
      );
      return queryValues(text);
    },
    log: () => log,
    stop,
  };
}

/** One real answer: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"1"]}]}}` */
function queryValues(text: string): readonly number[] {
  const answer: unknown = JSON.parse(text);
  const result = at(at(answer, 'data'), 'result');
  if (!Array.isArray(result)) {
    throw new Error(`expected the result of a query, got ${text}`);
  }
  return result.map((series) => Number(at(at(series, 'value'), '1')));
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}
