import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import process from 'node:process';

import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

import { createAgent } from './agent/agent.ts';
import { createConfigFamilies } from './agent/config-families.ts';
import { notifySystemd } from './agent/systemd-notifications.ts';
import { collectorDefinitions } from './collectors/index.ts';
import { parseArguments } from './config/arguments.ts';
import type { Config } from './config/config.ts';
import { parseDrill } from './config/drill-arguments.ts';
import { runDrill } from './drill/drill.ts';
import { createDescriptorBudget, readDescriptorLimit } from './host/descriptors.ts';
import { openDrivers } from './host/drivers.ts';
import { openKnownIssuesFile } from './host/known-issues-file.ts';
import type { KnownIssuesFile } from './host/known-issues-file.ts';
import { createLinuxHost } from './host/linux-host.ts';
import { createLogOutput } from './host/log-output.ts';
import { takeEndingSignals } from './host/signals.ts';
import { createStateFiles } from './host/state-file.ts';
import { createRunCommand } from './host/command.ts';
import { createSystemd } from './host/systemd.ts';
import type { Systemd } from './host/systemd.ts';
import { createLogger } from './log/logger.ts';
import type { Build } from './agent/agent-families.ts';
import { ConfigError, messageOf } from './model/errors.ts';
import type { KnownIssue } from './model/known-issue.ts';
import { memoizeLast } from './model/memoize.ts';
import { withinTime } from './model/within-time.ts';
import { formatEndpoint, listen } from './http/listen.ts';
import type { Endpoint } from './http/listen.ts';
import type { WebSecurity } from './web-config/web-security.ts';

/** Defined by the build. */
declare const nicwatchVersion: string;
declare const nicwatchRevision: string;

const build: Build = {
  version: nicwatchVersion,
  revision: nicwatchRevision,
  nodeVersion: process.version,
};

/** Signals on which close-with-grace would end the process. */
const ignoredSignals = [
  'SIGHUP',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGUSR2',
] as const;
/** Shutdown timeouts: of connections and polls, then of the log. */
const closeMilliseconds = 800;
const logMilliseconds = 200;
const stdout = createLogOutput(1);
const stderr = createLogOutput(2);
const runtimeFailure = 1;
const configurationFailure = 2;

main(process.argv.slice(2)).catch(async (error: unknown) => {
  stderr.write(`nicwatch: ${messageOf(error).replaceAll('\n', ' ')}\n`);
  await withinTime(logMilliseconds, stderr.flush());
  // Not only the exit code: reads of the host may still be in flight.
  process.exit(error instanceof ConfigError ? configurationFailure : runtimeFailure);
});

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'drill') {
    await runDrill(parseDrill(argv.slice(1)), stdout.write);
    return;
  }
  if (argv[0] === 'check') {
    const { runCheck } = await import('./check/main.ts');
    // Reads of the host may still be in flight.
    process.exit(await runCheck(argv.slice(1), build));
  }
  if (argv[0] === 'probe') {
    const { runProbe } = await import('./probe/main.ts');
    process.exit(await runProbe(argv.slice(1), stderr.write));
  }
  const invocation = parseArguments(argv, collectorDefinitions);
  switch (invocation.action) {
    case 'help':
      stdout.write(invocation.text);
      return;
    case 'version':
      stdout.write(
        `nicwatch, version ${build.version} (revision: ${build.revision})\n  node version: ${build.nodeVersion}\n  platform: ${process.platform}/${process.arch}\n`,
      );
      return;
    case 'check': {
      const log = createLogger(invocation.config, stderr.write);
      await openKnownIssues(invocation.config, log);
      await openWebSecurity(invocation.config, log);
      stdout.write('nicwatch: the configuration is valid\n');
      return;
    }
    case 'run':
      await serve(invocation.config);
  }
}

async function openKnownIssues(
  { knownIssuesFile: path, knownIssues: others }: Config,
  log: Logger,
): Promise<KnownIssuesFile | undefined> {
  return path === undefined ? undefined : openKnownIssuesFile({ path, others, log });
}

/** Undefined without `--web.config.file`, whose modules are then not loaded. */
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

async function serve(given: Config): Promise<void> {
  const log = createLogger(given, stderr.write);
  const ownIssues = await openKnownIssues(given, log);
  const config = ownIssues === undefined ? given : withKnownIssues(given, ownIssues);
  const ending = new AbortController();
  // Every running command adds a listener, which may be one per device.
  setMaxListeners(0, ending.signal);
  const drivers = await openDrivers(config.ethtoolReader, { signal: ending.signal });
  for (const { message } of drivers.problems) {
    log.warn({ reason: message }, 'devices are read by a slower method');
  }
  // A call that is stuck would delay the exit of the process, and so the shutdown of the node; where fsync is denied, koffi
  // would.
  process.prependOnceListener('exit', (status) => drivers.exit?.(status));
  const runCommand = createRunCommand(ending.signal);
  const security = await openWebSecurity(config, log);
  const files = [security?.file ?? [], ownIssues ?? []].flat();
  const agent = createAgent({
    host: createLinuxHost(config, {
      ...drivers,
      descriptors: createDescriptorBudget(readDescriptorLimit()),
      ...createStateFiles(config.stateDirectory, { ...drivers, runCommand }),
    }),
    config,
    definitions: collectorDefinitions,
    log,
    build,
    extraFamilies: createConfigFamilies(files),
  });
  const systemd = createSystemd({
    env: process.env,
    pid: process.pid,
    notifySocket: drivers.notifySocket,
    runCommand,
  });
  const endpoints = listenEndpoints(config, systemd);
  const reload = async (): Promise<boolean> => {
    await Promise.all(files.map(async (file) => file.reload()));
    return files.every((file) => file.isUpToDate());
  };
  process.on('SIGHUP', () => void reload());
  const { createApp } = await import('./http/app.ts');
  const listener = await listen(
    createApp({ agent, config, log, hostname, reload, protect: security?.protect }),
    endpoints,
    security?.createWebServer,
  );
  const running = Promise.all([
    agent.run(ending.signal),
    notifySystemd({ agent, systemd, log, signal: ending.signal }),
  ]);
  takeEndingSignals();
  closeWithGrace(
    { delay: closeMilliseconds + 2 * logMilliseconds, logger: false, skip: [...ignoredSignals] },
    async ({ signal, err }) => {
      if (err !== undefined) {
        log.error({ error: err.stack ?? String(err) }, 'unexpected error');
      }
      log.info({ signal: signal ?? 'none' }, 'ending');
      ending.abort();
      await withinTime(closeMilliseconds, Promise.all([listener.close(), running]));
      await withinTime(logMilliseconds, stderr.flush());
    },
  );
  log.info(
    {
      version: build.version,
      tls: security?.createWebServer !== undefined,
      addresses: endpoints.map(formatEndpoint).join(','),
      collectors: [...config.collectors].join(','),
    },
    'listening',
  );
  await running;
}

/** The same configuration with the issues a file has at the time of each access. */
function withKnownIssues(config: Config, file: KnownIssuesFile): Config {
  const withFile = memoizeLast((issues: readonly KnownIssue[]) => [
    ...config.knownIssues,
    ...issues,
  ]);
  return Object.freeze({
    ...config,
    get knownIssues() {
      return withFile(file.issues());
    },
  });
}

function listenEndpoints(config: Config, { sockets }: Systemd): readonly Endpoint[] {
  if (!config.systemdSocket) {
    return config.listenAddresses;
  }
  if (sockets.length === 0) {
    throw new ConfigError('--web.systemd-socket: expected sockets from systemd, got none');
  }
  return sockets;
}
