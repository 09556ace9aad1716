import process from 'node:process';
import { createInterface } from 'node:readline/promises';

import { styleFor } from '../check/text-style.ts';
import { parseProbeArguments } from '../config/probe-arguments.ts';
import type { ProbeRunOptions } from '../config/probe-arguments.ts';
import { print } from '../host/print.ts';
import { ConfigError } from '../model/errors.ts';
import type { ProbeReport, ProbeResponse } from '../model/probe-report.ts';
import { readProbeDevices } from './devices.ts';
import { openProbeNode } from './node.ts';
import { createProgress } from './progress.ts';
import { switchCommands } from './remedy.ts';
import { renderReport } from './render.ts';
import { exitCodeOf, runProbes } from './run.ts';
import { serveProbes } from './serve.ts';

/**
 * Runs `nicwatch probe` with its arguments.
 *
 * @returns the exit code
 * @throws {ConfigError} naming the flag, file or address, and the expected value.
 */
export async function runProbe(
  argv: readonly string[],
  writeLog: (line: string) => void,
): Promise<number> {
  if (argv[0] === 'mesh') {
    const { runMesh } = await import('./mesh-main.ts');
    await runMesh(argv.slice(1), writeLog);
    return 0;
  }
  const invocation = parseProbeArguments(argv);
  switch (invocation.action) {
    case 'help':
      await print(invocation.text);
      return 0;
    case 'serve':
      await serveProbes(invocation.options, writeLog);
      return 0;
    case 'run':
      try {
        return await run(invocation.options);
      } catch (error) {
        // An internal error is not a failure of the path.
        throw error instanceof ConfigError
          ? error
          : new ConfigError(`could not test: ${String(error)}`, { cause: error });
      }
  }
}

async function run(options: ProbeRunOptions): Promise<number> {
  const ending = new AbortController();
  const node = await openProbeNode(options.secretFile);
  const progress = createProgress(options.peers, {
    write: process.stderr.isTTY ? (text) => process.stderr.write(text) : undefined,
  });
  const report = await runProbes(options, {
    node,
    devices: await readProbeDevices(ending.signal),
    signal: ending.signal,
    onProgress: progress.update,
    waitForUser: async (feature, first) => {
      progress.clear();
      return askToSwitch(feature, first);
    },
  });
  progress.clear();
  const response: ProbeResponse = { status: 'success', data: report };
  await print(
    options.format === 'json'
      ? `${JSON.stringify(response, undefined, 2)}\n`
      : renderReport(
          report,
          styleFor(options.color, {
            isTerminal: process.stdout.isTTY,
            columns: process.stdout.columns,
            env: process.env,
          }),
        ),
  );
  ending.abort();
  return exitCodeOf(report);
}

/** Prints the commands to standard error, apart from the output, and waits for a line. */
async function askToSwitch(feature: string, { peers, devices }: ProbeReport): Promise<boolean> {
  const suspects = peers.flatMap(({ findings }) =>
    findings.flatMap(({ suspect }) => suspect ?? []),
  );
  const isOther = suspects.length > 0 && suspects.every(({ node }) => node === 'peer');
  const { off, on } = switchCommands(feature, isOther ? [] : devices);
  process.stderr.write(
    `${isOther ? 'On the node that is suspect, run' : 'Run'} on another terminal:\n\n` +
      `${off.map((command) => `    ${command}\n`).join('')}\n` +
      'and press Enter here to measure again. To switch it on again afterwards:\n\n' +
      `${on.map((command) => `    ${command}\n`).join('')}\n`,
  );
  const lines = createInterface({ input: process.stdin });
  try {
    const { done } = await lines[Symbol.asyncIterator]().next();
    return done !== true;
  } finally {
    lines.close();
  }
}
