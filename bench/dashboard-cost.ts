// What a load of a dashboard costs Prometheus, by panel, on the history of a large simulated fleet. It takes some minutes and
// gigabytes of disk: `npm run bench -- dashboard-cost [--file=dashboards/fleet.json] [--nodes=500] [--devices=4] [--hours=6]
// [--step=60] [--rules]`. With --rules it also measures one evaluation of every rule.
import {
  createWriteStream,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { execa } from 'execa';
import { parse } from 'yaml';

import { interpolate, stepSeconds, timeVariables } from '../test/support/grafana-variables.ts';
import type { QueryTimes } from '../test/support/grafana-variables.ts';
import { listAt, valueAt } from '../test/support/value-at.ts';
import { fleetHistory } from './simulated-history.ts';
import { temporaryDirectory } from './temporary-directory.ts';

interface Query {
  readonly where: string;
  readonly expr: string;
  readonly isInstant: boolean;
  readonly maxDataPoints: number;
}

const { values: options } = parseArgs({
  strict: false,
  options: {
    file: { type: 'string', default: 'dashboards/fleet.json' },
    nodes: { type: 'string', default: '500' },
    devices: { type: 'string', default: '4' },
    hours: { type: 'string', default: '6' },
    step: { type: 'string', default: '60' },
    rules: { type: 'boolean', default: false },
  },
});
const step = Number(options['step']);
const to = Math.floor(Date.now() / 1000 / step) * step;
const from = to - 3600 * Number(options['hours']);
const everything = { cluster: '.*', node: '.*', device: '.*', source_node: '.*', dest_node: '.*' };
const queries = queriesOf(JSON.parse(readFileSync(String(options['file']), 'utf8')));
const folder = temporaryDirectory();

await writeHistory();
const { url, stop } = await startPrometheus();
const [series] = await ask('/api/v1/query', { query: 'count({__name__=~".+"})', time: `${to}` });
console.log(
  `${String(options['file'])}: ${String(valueAt(series, 'value', '1'))} series, a sample every ${step} s`,
);
report(await measure(queries.map((query) => ({ where: query.where, ...requestOf(query) }))));
if (options['rules'] === true) {
  console.log('\none evaluation of the rules');
  report(await measure(rules()));
}
await stop();

/** Metrics that no query selects get few samples: their index is as large, and there is less to write. */
async function writeHistory(): Promise<void> {
  const history = join(folder, 'history.om');
  const named = queries.map(({ expr }) => expr).join(' ');
  const metrics = new Set(named.match(/[a-zA-Z_][\w:]*(?=\{)/g));
  const output = createWriteStream(history);
  for (const piece of fleetHistory({
    nodes: Number(options['nodes']),
    devicesPerNode: Number(options['devices']),
    from,
    to,
    stepSeconds: step,
    metrics,
  })) {
    if (!output.write(piece)) {
      await once(output, 'drain');
    }
  }
  output.end();
  await once(output, 'finish');
  console.log(`history: ${(statSync(history).size / 2 ** 30).toFixed(1)} GiB`);
  mkdirSync(join(folder, 'data'));
  const blocks = [
    'tsdb',
    'create-blocks-from',
    '--max-block-duration=24h',
    'openmetrics',
    '--quiet',
  ];
  await execa('promtool', [...blocks, history, join(folder, 'data')]);
  rmSync(history);
}

async function startPrometheus() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  probe.close();
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
  const prometheus = execa(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=10d',
    ],
    { stdio: 'ignore', reject: false },
  );
  const started = `http://127.0.0.1:${port}`;
  for (;;) {
    await setTimeout(200);
    const ready = await fetch(`${started}/-/ready`).catch(() => undefined);
    if (ready?.ok === true) {
      const end = async (): Promise<void> => {
        prometheus.kill();
        await prometheus;
      };
      return { url: started, stop: end };
    }
  }
}

interface Request {
  readonly where: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Measured {
  readonly where: string;
  readonly seconds: number;
  readonly rows: number;
}

async function measure(requests: readonly Request[]): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const { where, path, parameters } of requests) {
    const start = performance.now();
    const rows = (await ask(path, parameters)).length;
    measured.push({ where, seconds: (performance.now() - start) / 1000, rows });
  }
  return measured;
}

function report(measured: readonly Measured[]): void {
  for (const { where, seconds, rows } of measured.toSorted(
    (one, other) => other.seconds - one.seconds,
  )) {
    console.log(`${seconds.toFixed(3).padStart(9)} s ${String(rows).padStart(6)} rows  ${where}`);
  }
  const sum = measured.reduce((total, { seconds }) => total + seconds, 0);
  console.log(`${sum.toFixed(3).padStart(9)} s in all`);
}

async function ask(
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const response = await fetch(url + path, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const answer: unknown = await response.json();
  if (valueAt(answer, 'status') !== 'success') {
    throw new Error(`${String(valueAt(answer, 'error'))}, asked ${parameters['query']}`);
  }
  return listAt(answer, 'data', 'result');
}

function requestOf({ expr, isInstant, maxDataPoints }: Query): Omit<Request, 'where'> {
  const times: QueryTimes = { from, to, scrapeInterval: step, maxDataPoints };
  const query = interpolate(expr, { ...everything, ...timeVariables(times) });
  return isInstant
    ? { path: '/api/v1/query', parameters: { query, time: `${to}` } }
    : {
        path: '/api/v1/query_range',
        parameters: { query, start: `${from}`, end: `${to}`, step: `${stepSeconds(times)}` },
      };
}

/** The queries of a page load: every panel, and the enabled annotations. */
function queriesOf(dashboard: unknown): readonly Query[] {
  const panels = listAt(dashboard, 'panels').flatMap((panel) =>
    listAt(panel, 'targets').map((target) => ({
      where: `${String(valueAt(panel, 'title'))} (${String(valueAt(target, 'refId'))})`,
      expr: String(valueAt(target, 'expr')),
      isInstant: valueAt(target, 'instant') === true,
      maxDataPoints: Number(valueAt(panel, 'maxDataPoints') ?? 1000),
    })),
  );
  const annotations = listAt(dashboard, 'annotations', 'list')
    .filter((annotation) => valueAt(annotation, 'enable') === true)
    .map((annotation) => ({
      where: `annotation ${String(valueAt(annotation, 'name'))}`,
      expr: String(valueAt(annotation, 'expr')),
      isInstant: false,
      maxDataPoints: (to - from) / 60,
    }));
  return [...panels, ...annotations];
}

function rules(): readonly Request[] {
  const content: unknown = parse(readFileSync('alerts/nicwatch.rules.yaml', 'utf8'));
  return listAt(content, 'groups')
    .flatMap((group) => listAt(group, 'rules'))
    .map((rule) => ({
      where: String(valueAt(rule, 'record') ?? valueAt(rule, 'alert')),
      path: '/api/v1/query',
      parameters: { query: String(valueAt(rule, 'expr')), time: `${to}` },
    }));
}
