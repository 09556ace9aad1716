import { parseListenAddress } from '../config/flag-values.ts';
import type { ListenAddress } from '../config/config.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import type { Check } from '../model/check-report.ts';
import { ConfigError, SourceError } from '../model/errors.ts';
import { parseAgentStatus } from '../parsers/agent-status.ts';
import { ok } from './offload-facts.ts';

const id = 'agent';
const defaultPort = 10_140;
const unitName = 'nicwatch.service';
const answerMilliseconds = 1000;
const maxAnswerBytes = 8 * 1024 * 1024;
const unitFiles = [
  '/etc/systemd/system/nicwatch.service',
  '/usr/lib/systemd/system/nicwatch.service',
  '/etc/default/nicwatch',
  '/etc/systemd/system/nicwatch.socket',
  '/usr/lib/systemd/system/nicwatch.socket',
];

/** Asks for a URL of the agent. @throws {Error} where nothing answers in time. */
export type AskAgent = (url: string) => Promise<{ readonly status: number; readonly text: string }>;

/** Whether the agent that is installed runs, and sees what it should; none where there is no agent. */
export async function agentChecks(
  host: Pick<Host, 'readRootFile'>,
  { files }: Pick<NetworkConfig, 'files'>,
  ask: AskAgent = askAgent,
): Promise<readonly Check[]> {
  const isEnabled = [...files.keys()].some((path) => path.endsWith(`.wants/${unitName}`));
  const url = await agentUrl(host);
  try {
    const [status, ready] = await Promise.all([ask(`${url}/api/v1/status`), ask(`${url}/-/ready`)]);
    return [judge(url, { status, isReady: ready.status === 200 })];
  } catch (error) {
    if (isEnabled && isRefused(error)) {
      return [
        {
          id,
          result: 'warning',
          headline: 'The agent is enabled and does not run: nobody watches this node.',
          evidence: [{ text: `nothing answers at ${url}` }],
          fix: { now: ['systemctl restart nicwatch', 'journalctl -u nicwatch -n 20'] },
          read: 'docs/runbooks/NICWatchDown.md',
        },
      ];
    }
    // What answers otherwise, as with TLS, is not for everybody to ask.
    return isEnabled
      ? [{ ...ok(id, `the agent could not be asked at ${url}`), result: 'info' }]
      : [];
  }
}

async function agentUrl(host: Pick<Host, 'readRootFile'>): Promise<string> {
  const texts = await Promise.all(
    unitFiles.map(async (path) => {
      try {
        return await host.readRootFile(path);
      } catch (error) {
        if (error instanceof SourceError) {
          return '';
        }
        throw error;
      }
    }),
  );
  const [, given] =
    /^(?!\s*#).*?(?:--web\.listen-address[= ]|ListenStream=)["']?([^\s"']+)/m.exec(
      texts.join('\n'),
    ) ?? [];
  const { host: name = '127.0.0.1', port } = parseAddress(given ?? '');
  const reachable = name === '0.0.0.0' || name === '::' ? '127.0.0.1' : name;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function parseAddress(text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (error instanceof ConfigError) {
      return { host: undefined, port: defaultPort };
    }
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : {};
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

async function askAgent(url: string): ReturnType<AskAgent> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(answerMilliseconds),
    redirect: 'manual',
  });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > maxAnswerBytes) {
      break;
    }
  }
  return { status: response.status, text };
}

interface Answers {
  readonly status: Awaited<ReturnType<AskAgent>>;
  readonly isReady: boolean;
}

function judge(url: string, { status, isReady }: Answers): Check {
  const agent = status.status === 200 ? parseAgentStatus(status.text) : undefined;
  if (agent === undefined) {
    return {
      ...ok(id, `the agent answers at ${url}, and tells its status only who may ask`),
      result: 'info',
    };
  }
  const { version, logSources, readableSources, failing, isPersistent } = agent;
  const problems = [
    ...(logSources > 0 && readableSources === 0
      ? [{ text: 'it cannot read the kernel log', read: 'NICWatchKernelLogBlind' }]
      : []),
    ...(failing.length > 0
      ? [{ text: `its collectors fail: ${failing.join(', ')}`, read: 'NICWatchCollectorFailing' }]
      : []),
    ...(isReady
      ? []
      : [{ text: 'it is not ready: it has not read the devices yet', read: 'NICWatchDown' }]),
    ...(isPersistent
      ? []
      : [
          {
            text: 'its state directory cannot be written: counts are lost when it restarts',
            read: 'NICWatchDown',
          },
        ]),
  ];
  const [first] = problems;
  return first === undefined
    ? ok(id, `the agent ${version} runs at ${url}`)
    : {
        id,
        result: 'warning',
        headline: `The agent ${version} runs, and does not see all it should.`,
        evidence: problems.map(({ text }) => ({ text })),
        read: `docs/runbooks/${first.read}.md`,
      };
}
