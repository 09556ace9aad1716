import { setMaxListeners } from 'node:events';
import process from 'node:process';

import { createAgent } from '../agent/agent.ts';
import type { Build } from '../agent/agent-families.ts';
import { collectorDefinitions } from '../collectors/index.ts';
import { parseCheckArguments } from '../config/check-arguments.ts';
import type { Config } from '../config/config.ts';
import { createRunCommand } from '../host/command.ts';
import type { RunCommand } from '../host/command.ts';
import { createDescriptorBudget, readDescriptorLimit } from '../host/descriptors.ts';
import { openDrivers } from '../host/drivers.ts';
import { openKnownIssuesFile } from '../host/known-issues-file.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import { noState } from '../host/state-file.ts';
import { print } from '../host/print.ts';
import { createLogger } from '../log/logger.ts';
import { SourceError } from '../model/errors.ts';
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
  const isInteractive = process.stdout.isTTY && process.stderr.isTTY;
  if (isInteractive) {
    process.stderr.write('reading the counters twice, 2 s apart ...');
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
    offloadState: noState,
  });
  const agent = createAgent({ host, config, definitions: collectorDefinitions, log, build });
  const readLink = createLinkReader(createRunCommand(ending.signal));
  const { output, exitCode } = await checkCommand(
    { host, config, agent, readLink },
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

/** What cannot be asked, as without the package ethtool, is not judged. */
function createLinkReader(run: RunCommand): (device: string) => Promise<string | undefined> {
  return async (device) => {
    try {
      // A name that is an option to ethtool is none it can be asked of.
      return device.startsWith('-') ? undefined : (await run('ethtool', [device])).stdout;
    } catch (error) {
      if (error instanceof SourceError) {
        return undefined;
      }
      throw error;
    }
  };
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
