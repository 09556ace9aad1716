import { setTimeout } from 'node:timers/promises';

import type { Agent } from '../agent/agent.ts';
import type { Config } from '../config/config.ts';
import { predictionInput, readNetplan } from '../declared/host-input.ts';
import { predictDeclarations } from '../declared/predict.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import type { Check, CheckReport } from '../model/check-report.ts';
import { ConfigError, ParseError, SourceError } from '../model/errors.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import type { Status } from '../model/status.ts';
import { parseOffloadHistory } from '../parsers/offload-history.ts';
import { statusOf } from '../status-page/status.ts';
import { agentChecks } from './agent-check.ts';
import type { AskAgent } from './agent-check.ts';
import { checkDevice } from './check-device.ts';
import { stackChecksOf } from './counter-checks.ts';
import { identityOf } from './device-facts.ts';
import type { Subject } from './device-facts.ts';
import { hostFacts } from './host-facts.ts';
import { namespaceCheck, readNamespaces } from './netns-check.ts';
import { ok } from './offload-facts.ts';
import { readPreviousBoot } from './previous-boot.ts';
import { summaryOf } from './summary.ts';

/** Interval between the two samples of the counters. */
const readingMilliseconds = 2000;
/** Timeout of reading the journal of the previous boot. */
const maxJournalMilliseconds = 2500;

export interface RunCheckOptions {
  readonly host: Host;
  readonly config: Config;
  /** Polls the host. */
  readonly agent: Pick<Agent, 'run' | 'poll' | 'freshSnapshot'>;
  /** Names of the devices to check; empty for all. */
  readonly devices: readonly string[];
  /** Waits between the two samples. */
  readonly wait?: () => Promise<void>;
  /** What `ethtool DEVICE` prints; undefined where it cannot be asked. By default none is asked. */
  readonly readLink?: (device: string) => Promise<string | undefined>;
  /** Asks the agent that is installed. */
  readonly askAgent?: AskAgent;
}

/** The report, and the files it refers to. */
interface CheckOutcome {
  readonly report: CheckReport;
  readonly linesOf: (file: string) => readonly string[] | undefined;
}

/** Checks the host once, with two samples of its counters. @throws {ConfigError} when a requested device is missing. */
export async function runCheck({
  host,
  config,
  agent,
  devices: names,
  wait = waitTwoSeconds,
  readLink = async () => undefined,
  askAgent,
}: RunCheckOptions): Promise<CheckOutcome> {
  const ending = new AbortController();
  const running = agent.run(ending.signal);
  const read = async (): Promise<Status> => {
    await agent.poll();
    return statusOf(await agent.freshSnapshot(), { hostname: '', knownIssues: config.knownIssues });
  };
  try {
    const readTwice = async () => {
      const first = await read();
      const namespaces = readNamespaces(host);
      await wait();
      return {
        first,
        last: await read(),
        pods: namespaceCheck(namespaces, readNamespaces(host)),
      };
    };
    const [{ first, last, pods }, previousBoot, network] = await Promise.all([
      readTwice(),
      readPreviousBoot(host, AbortSignal.timeout(maxJournalMilliseconds)),
      host.networkConfig(undefined),
    ]);
    const missing = names.filter((name) => !last.devices.some((device) => device.name === name));
    if (missing.length > 0 || last.devices.length === 0) {
      throw new ConfigError(
        missing.length > 0
          ? `expected watched devices, got ${missing.map((name) => JSON.stringify(name)).join(', ')}`
          : 'there is no device to check',
      );
    }
    const identities = await Promise.all(
      host.devices().map(async (device) => identityOf(host, device, last)),
    );
    const input = predictionInput(network, {
      devices: identities,
      netplan: await readNetplan(network),
    });
    const subject: Subject = {
      host,
      config,
      first,
      last,
      previousBoot,
      network,
      input,
      declarations: predictDeclarations(input),
      histories: await readHistories(host, config),
      kernelRelease: (await host.readFile('/proc/sys/kernel/osrelease').catch(() => '')).trim(),
    };
    const node = {
      checks: [
        ...stackChecksOf({ first, last }),
        pods,
        configCheck(network),
        ...(await agentChecks(host, network, askAgent)),
      ],
    };
    const links = new Map(
      await Promise.all(
        last.devices
          .filter(({ kind, linkUp }) => kind === 'physical' && linkUp === true)
          .map(async ({ name }) => [name, await readLink(name)] as const),
      ),
    );
    const devices = last.devices
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((device) => ({
        kind: device.kind,
        checked: checkDevice(device, subject, links.get(device.name)),
      }))
      // Bridges, bonds and tunnels are only reported if requested, or with findings.
      .filter(
        ({ kind, checked }) =>
          kind === 'physical' ||
          names.length > 0 ||
          config.deviceInclude !== undefined ||
          checked.checks.some(isFinding),
      )
      .map(({ checked }) => checked);
    return {
      report: {
        host: await hostFacts(host, { config: network, installed: input.installed }),
        node,
        devices,
        summary: summaryOf([...node.checks, ...devices.flatMap(({ checks }) => checks)]),
      },
      linesOf: (file) => network.files.get(file)?.text.split('\n'),
    };
  } finally {
    ending.abort();
    await Promise.race([running, setTimeout(500, undefined, { ref: false })]);
  }
}

/** None where there is no agent, or its state directory is closed to this user. */
async function readHistories(
  host: Pick<Host, 'readRootFile'>,
  { stateDirectory }: Pick<Config, 'stateDirectory'>,
): Promise<readonly DeviceHistory[]> {
  try {
    return parseOffloadHistory(await host.readRootFile(`${stateDirectory}/offloads.json`));
  } catch (error) {
    if (error instanceof SourceError || error instanceof ParseError) {
      return [];
    }
    throw error;
  }
}

function configCheck({ present, unreadable }: NetworkConfig): Check {
  const id = 'network-config';
  const [first] = present.has('/etc') ? unreadable.map(({ path }) => path) : ['/etc'];
  const more =
    present.has('/etc') && unreadable.length > 1 ? ` and ${unreadable.length - 1} more` : '';
  return first === undefined
    ? ok(id, "the configuration of the host's network can be read")
    : {
        id,
        result: 'unknown',
        headline: `could not look what the next reboot brings: ${first}${more} cannot be read`,
        evidence: unreadable.map(({ path, error }) => ({ file: path, text: error.message })),
      };
}

async function waitTwoSeconds(): Promise<void> {
  await setTimeout(readingMilliseconds);
}

function isFinding({ result }: Check): boolean {
  return result === 'warning' || result === 'critical';
}
