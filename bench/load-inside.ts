// Runs in a network namespace of its own, see load.ts.
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { agentFlags, nicwatchCommand, startExporter } from './exporter.ts';
import type { Exporter } from './exporter.ts';
import { quantile } from './measure.ts';
import { addVethDevices, vethDevices } from './namespace.ts';
import { residentBytes } from './process-usage.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    ...agentFlags,
    devices: { type: 'string', default: '20' },
    scrapers: { type: 'string', default: '200' },
    slow: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '30' },
  },
});
const [devices, scrapers, slow, seconds] = [
  options.devices,
  options.scrapers,
  options.slow,
  options.seconds,
].map(Number);

/** Maximum ratio of memory in the second half of a run to the first. */
const maxGrowth = 1.1;
/** Interval of the headers of a slow client: below the timeout. */
const dripMilliseconds = 1000;

process.once('SIGINT', () => process.exit(130));
addVethDevices(0, devices ?? 0);
const problems = [
  ...(await underLoad(`${scrapers} scrapers, as many allowed`, {
    maxRequests: scrapers ?? 0,
    expected: [200],
  })),
  ...(await underLoad(`${scrapers} scrapers, 40 allowed`, {
    maxRequests: 40,
    expected: [200, 503],
  })),
  ...(await underLoad(`1 scraper, ${slow} connections slow with their headers`, {
    maxRequests: 40,
    expected: [200],
    scrapers: 1,
    slow: slow ?? 0,
  })),
];
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length > 0 ? 1 : 0;

interface Load {
  readonly maxRequests: number;
  /** The exact set of expected statuses. */
  readonly expected: readonly number[];
  readonly scrapers?: number;
  readonly slow?: number;
}

/** Loads an agent of its own, prints the results, and returns the failures. */
async function underLoad(name: string, load: Load): Promise<readonly string[]> {
  const command = nicwatchCommand(options, {
    devices: vethDevices,
    stateDirectory: temporaryDirectory(),
  });
  const agent = await startExporter({
    ...command,
    argv: [...command.argv, `--web.max-requests=${load.maxRequests}`],
  });
  const until = performance.now() + (seconds ?? 0) * 1000;
  const answers: Answer[] = [];
  const connections = new Agent({ keepAlive: true });
  const drips = Array.from({ length: load.slow ?? 0 }, () => drip(agent, until));
  const [resident] = await Promise.all([
    watchMemory(agent, until),
    ...Array.from({ length: load.scrapers ?? scrapers ?? 0 }, async () => {
      while (performance.now() < until) {
        answers.push(await ask(agent, connections));
      }
    }),
  ]);
  connections.destroy();
  for (const socket of drips) {
    socket.destroy();
  }
  await agent.stop();
  return report(name, { load, answers, resident });
}

interface Outcome {
  readonly load: Load;
  readonly answers: readonly Answer[];
  readonly resident: readonly number[];
}

function report(name: string, { load, answers, resident }: Outcome): readonly string[] {
  const statuses = [...new Set(answers.map(({ status }) => status))].toSorted(
    (one, other) => one - other,
  );
  const counts = statuses.map(
    (status) => `${answers.filter((answer) => answer.status === status).length} x ${status}`,
  );
  const latencies = answers.map(({ milliseconds }) => milliseconds);
  const half = Math.ceil(resident.length / 2);
  const [before, after] = [resident.slice(0, half), resident.slice(half)].map((part) =>
    Math.max(...part),
  );
  console.log(`${name}: ${counts.join(', ')}`);
  console.log(
    `  median ${quantile(latencies, 0.5).toFixed(1)} ms, 99th percentile ${quantile(latencies, 0.99).toFixed(1)} ms; at most ${mebibytes(before)} MiB resident in the first half, ${mebibytes(after)} in the second`,
  );
  return [
    statuses.join(' ') === load.expected.join(' ')
      ? []
      : `${name}: expected ${load.expected.join(' and ')}, got ${statuses.join(' and ')}`,
    (after ?? 0) > (before ?? 0) * maxGrowth ? `${name}: memory grew` : [],
  ].flat();
}

interface Answer {
  /** 0 where there was none. */
  readonly status: number;
  readonly milliseconds: number;
}

async function ask({ port }: Exporter, connections: Agent): Promise<Answer> {
  const startedAt = performance.now();
  const headers = { 'accept-encoding': 'gzip' };
  return new Promise((resolve) => {
    const end = (status: number): void => {
      resolve({ status, milliseconds: performance.now() - startedAt });
    };
    get({ host: '127.0.0.1', port, path: '/metrics', agent: connections, headers }, (response) => {
      response.resume().once('end', () => {
        end(response.statusCode ?? 0);
      });
    }).once('error', () => {
      end(0);
    });
  });
}

/** Opens a connection that never finishes its headers, and reconnects when it is closed. */
function drip(agent: Exporter, until: number): Socket {
  const socket = connect({ host: '127.0.0.1', port: agent.port });
  socket.on('error', () => {});
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n');
  const dripping = setInterval(() => socket.write('x: y\r\n'), dripMilliseconds);
  socket.resume().once('close', () => {
    clearInterval(dripping);
    if (performance.now() < until) {
      drip(agent, until);
    }
  });
  return socket;
}

async function watchMemory({ pid }: Exporter, until: number): Promise<readonly number[]> {
  const resident: number[] = [];
  while (performance.now() < until) {
    resident.push(residentBytes(pid));
    await setTimeout(100);
  }
  return resident;
}

function mebibytes(bytes: number | undefined): string {
  return ((bytes ?? 0) / 2 ** 20).toFixed(1);
}
