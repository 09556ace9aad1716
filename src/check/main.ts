import { setMaxListeners } from 'node:events';
import process from 'node:process';

import { createAgent } from '../agent/agent.ts';
import type { Build } from '../agent/agent-families.ts';
import { collectorDefinitions } from '../collectors/index.ts';
import { parseCheckArguments } from '../config/check-arguments.ts';
import type { Config } from '../config/config.ts';
import { createDescriptorBudget, readDescriptorLimit } from '../host/descriptors.ts';
import { openDrivers } from '../host/drivers.ts';
import { openKnownIssuesFile } from '../host/known-issues-file.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import { print } from '../host/print.ts';
import { noState } from '../host/state-file.ts';
import { createLogger } from '../log/logger.ts';
import { checkCommand } from './command.ts';

/**
 * Runs `nicwatch check` with the arguments that follow it, and prints what it finds.
 *
 * @returns the exit code
 * @throws {ConfigError} naming the flag or file, and the expected value.
 */
export async function runCheck(argv: readonly string[], build: Build): Promise<number> {
  const invocation = parseCheckArguments(argv, collectorDefinitions);
  if (invocation.action === 'help') {
    await print(invocation.text);
    return 0;
  }
  const log = createLogger({ ...invocation.config, logLevel: 'error' }, () => {});
  const config = await withOwnIssues(invocation.config, log);
  const ending = new AbortController();
  // Every running command adds a listener.
  setMaxListeners(0, ending.signal);
  const drivers = await openDrivers(config.ethtoolReader, { signal: ending.signal });
  process.prependOnceListener('exit', (status) => drivers.exit?.(status));
  const host = createLinuxHost(config, {
    ...drivers,
    descriptors: createDescriptorBudget(readDescriptorLimit()),
    state: noState,
  });
  const agent = createAgent({ host, config, definitions: collectorDefinitions, log, build });
  const isInteractive = process.stdout.isTTY && process.stderr.isTTY;
  if (isInteractive) {
    process.stderr.write('reading the counters twice, 2 s apart ...');
  }
  const { output, exitCode } = await checkCommand(
    { host, config, agent },
    {
      options: invocation.options,
      terminal: {
        isTerminal: process.stdout.isTTY,
        columns: process.stdout.columns,
        env: process.env,
        isRoot: process.getuid?.() === 0,
      },
    },
  ).finally(() => {
    if (isInteractive) {
      process.stderr.write('\r\u001B[K');
    }
  });
  ending.abort();
  await print(output);
  return exitCode;
}

async function withOwnIssues(
  config: Config,
  log: ReturnType<typeof createLogger>,
): Promise<Config> {
  const { knownIssuesFile: path, knownIssues: others } = config;
  if (path === undefined) {
    return config;
  }
  const own = await openKnownIssuesFile({ path, others, log });
  return Object.freeze({ ...config, knownIssues: [...others, ...own.issues()] });
}
