import { once } from 'node:events';
import process from 'node:process';

import type { Logger } from 'pino';

import { formatListenAddress } from '../config/flag-values.ts';
import type { ProbeServeOptions } from '../config/probe-arguments.ts';
import { takeEndingSignals } from '../host/signals.ts';
import { worldReadableMode } from '../host/small-file.ts';
import { createLogger } from '../log/logger.ts';
import type { ProbeNode } from './connect.ts';
import { openProbeNode } from './node.ts';
import { startResponder } from './responder.ts';
import type { ResponderOptions } from './responder.ts';

/** Answers probes until SIGTERM or SIGINT. @throws {ConfigError} naming the invalid file or address. */
export async function serveProbes(
  options: ProbeServeOptions,
  write: (line: string) => void,
): Promise<void> {
  const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, write);
  const answers = await startAnswering(options, { log });
  const ending = endingSignal();
  log.info(
    {
      node: options.nodeName,
      addresses: options.listenAddresses.map(formatListenAddress).join(','),
    },
    'answering probes',
  );
  await once(ending, 'abort');
  await answers.close();
}

/** Answers probes on all addresses. @throws {ConfigError} naming the file or address that does not do. */
export async function startAnswering(
  { listenAddresses, nodeName, secretFile }: ProbeServeOptions,
  { log, admit }: { readonly log: Logger } & Pick<ResponderOptions, 'admit'>,
): Promise<{ readonly node: ProbeNode; close(): Promise<void> }> {
  const node = await openProbeNode(secretFile);
  const mode = await worldReadableMode(secretFile);
  if (mode !== undefined) {
    log.warn({ file: secretFile, mode }, 'every user can read the secret');
  }
  const { close } = await startResponder(listenAddresses, {
    node,
    name: nodeName,
    log,
    ...(admit && { admit }),
  });
  return { node, close };
}

/** Aborted by SIGTERM or SIGINT; the second of them ends the process. */
export function endingSignal(): AbortSignal {
  takeEndingSignals();
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      ending.abort();
    });
  }
  return ending.signal;
}
