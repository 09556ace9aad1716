import { setMaxListeners } from 'node:events';
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';

import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

import { createAgent } from './agent/agent.ts';
import { notifySystemd } from './agent/systemd-notifications.ts';
import { collectorDefinitions } from './collectors/index.ts';
import { parseArguments } from './config/arguments.ts';
import { parseCheckArguments } from './config/check-arguments.ts';
import type { Config } from './config/config.ts';
import { createDescriptorBudget, readDescriptorLimit } from './host/descriptors.ts';
import { openDrivers } from './host/drivers.ts';
import type { StateFile } from './host/host.ts';
import { readKnownIssuesFile } from './host/known-issues-file.ts';
import { createLinuxHost } from './host/linux-host.ts';
import { createRunCommand } from './host/command.ts';
import { createSystemd } from './host/systemd.ts';
import type { Systemd } from './host/systemd.ts';
import { createLogger } from './log/logger.ts';
import type { Build } from './model/build.ts';
import { ConfigError } from './model/errors.ts';
import { createApp } from './http/app.ts';
import { formatPlace, listen } from './http/listen.ts';
import type { ListenPlace } from './http/listen.ts';
import type { WebSecurity } from './web-config/web-security.ts';

/** Put in by the build. */
declare const nicwatchVersion: string;
declare const nicwatchRevision: string;

const build: Build = {
  version: nicwatchVersion,
  revision: nicwatchRevision,
  nodeVersion: process.version,
};

/** What is left running when the process is told to end gets this long. */
const closeMilliseconds = 800;
const stdout = 1;
const stderr = 2;
const runtimeFailure = 1;
const configurationFailure = 2;

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  writeSync(stderr, `nicwatch: ${message.replaceAll('\n', ' ')}\n`);
  // Not only the exit code: reads of the host may still be in flight.
  process.exit(error instanceof ConfigError ? configurationFailure : runtimeFailure);
});

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'check') {
    await check(argv.slice(1));
    return;
  }
  const invocation = parseArguments(argv, collectorDefinitions);
  switch (invocation.action) {
    case 'help':
      writeSync(stdout, invocation.text);
      return;
    case 'version':
      writeSync(
        stdout,
        `nicwatch, version ${build.version} (revision: ${build.revision})\n  node version: ${build.nodeVersion}\n  platform: ${process.platform}/${process.arch}\n`,
      );
      return;
    case 'check':
      await readFiles(invocation.config);
      await openWebSecurity(invocation.config, createLogger(invocation.config, writeLog));
      writeSync(stdout, 'nicwatch: the configuration is valid\n');
      return;
    case 'run':
      await serve(await readFiles(invocation.config));
  }
}

/** The configuration with what stands in the files it names. @throws {ConfigError} naming the file. */
async function readFiles(config: Config): Promise<Config> {
  const { knownIssuesFile, knownIssues } = config;
  const own =
    knownIssuesFile === undefined ? [] : await readKnownIssuesFile(knownIssuesFile, knownIssues);
  return Object.freeze({ ...config, knownIssues: [...knownIssues, ...own] });
}

/** Where nobody reads the log any more, or not fast enough, a line is lost: that must not cost the metrics. */
function writeLog(line: string): void {
  try {
    writeSync(stderr, line);
  } catch {
    // There is nowhere left to say so.
  }
}

/** Undefined where nobody asks for TLS or users; then what these need is not even loaded. */
async function openWebSecurity(
  { webConfigFile: path }: Config,
  log: Logger,
): Promise<WebSecurity | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const { openWebSecurity: open } = await import('./web-config/web-security.ts');
  return open({ path, log });
}

/** Nothing is written down: what the agent keeps across restarts is its own. */
const forgetfulState: StateFile = {
  read: async () => undefined,
  write: async () => {},
  setAside: async () => {},
};

async function check(argv: readonly string[]): Promise<void> {
  const invocation = parseCheckArguments(argv, collectorDefinitions);
  if (invocation.action === 'help') {
    writeSync(stdout, invocation.text);
    return;
  }
  const { checkCommand } = await import('./check/command.ts');
  const config = await readFiles(invocation.config);
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const drivers = await openDrivers(config.ethtoolReader, { signal: ending.signal });
  process.once('exit', (status) => drivers.exitIfWaiting?.(status));
  const host = {
    ...createLinuxHost(config, {
      ...drivers,
      descriptors: createDescriptorBudget(readDescriptorLimit()),
    }),
    state: forgetfulState,
  };
  const log = createLogger({ ...config, logLevel: 'error' }, () => {});
  const agent = createAgent({ host, config, definitions: collectorDefinitions, log, build });
  const isWatchedByPeople = process.stdout.isTTY && process.stderr.isTTY;
  if (isWatchedByPeople) {
    writeSync(stderr, 'reading the counters twice, 2 s apart ...');
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
    if (isWatchedByPeople) {
      writeSync(stderr, '\r\u001B[K');
    }
  });
  ending.abort();
  await write(output);
  // Reads of the host may still be in flight.
  process.exit(exitCode);
}

/** All of it, also where it goes to a pipe that is full. */
async function write(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}

async function serve(config: Config): Promise<void> {
  const log = createLogger(config, writeLog);
  const ending = new AbortController();
  // Every command that runs listens to it; there are as many as there are devices in trouble.
  setMaxListeners(0, ending.signal);
  const drivers = await openDrivers(config.ethtoolReader, { signal: ending.signal });
  for (const { message } of drivers.problems) {
    log.warn({ reason: message }, 'devices are read in a slower way');
  }
  // A call that has not come back would hold up the end of the process, and more so the end of the node.
  process.once('exit', (status) => drivers.exitIfWaiting?.(status));
  const agent = createAgent({
    host: createLinuxHost(config, {
      ...drivers,
      descriptors: createDescriptorBudget(readDescriptorLimit()),
    }),
    config,
    definitions: collectorDefinitions,
    log,
    build,
  });
  const systemd = createSystemd({
    env: process.env,
    pid: process.pid,
    notifySocket: drivers.notifySocket,
    runCommand: createRunCommand(ending.signal),
  });
  const places = listenPlaces(config, systemd);
  const security = await openWebSecurity(config, log);
  const served = security?.withFamilies(agent) ?? agent;
  const listener = await listen(
    createApp({ agent: served, config, log, hostname, protect: security?.protect }),
    places,
    security?.createWebServer,
  );
  const running = Promise.all([
    agent.run(ending.signal),
    notifySystemd({ agent, systemd, log, signal: ending.signal }),
  ]);
  closeWithGrace({ delay: closeMilliseconds, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) {
      log.error({ error: err.stack ?? String(err) }, 'unexpected error');
    }
    log.info({ signal: signal ?? 'none' }, 'ending');
    ending.abort();
    await Promise.all([listener.close(), running]);
  });
  log.info(
    {
      version: build.version,
      tls: security?.createWebServer !== undefined,
      addresses: places.map(formatPlace).join(','),
      collectors: [...config.collectors].join(','),
    },
    'listening',
  );
  await running;
}

function listenPlaces(config: Config, { sockets }: Systemd): readonly ListenPlace[] {
  if (!config.systemdSocket) {
    return config.listenAddresses;
  }
  if (sockets.length === 0) {
    throw new ConfigError('--web.systemd-socket: expected sockets from systemd, got none');
  }
  return sockets;
}
