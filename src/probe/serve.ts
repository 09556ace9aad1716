import { once } from 'node:events';
import process from 'node:process';

import { formatListenAddress } from '../config/flag-values.ts';
import type { ProbeServeOptions } from '../config/probe-arguments.ts';
import { takeEndingSignals } from '../host/signals.ts';
import { worldReadableMode } from '../host/small-file.ts';
import { createLogger } from '../log/logger.ts';
import { openProbeNode } from './node.ts';
import { startResponder } from './responder.ts';

/** Answers probes until SIGTERM or SIGINT. @throws {ConfigError} naming the invalid file or address. */
export async function serveProbes(
  { listenAddresses, nodeName, secretFile }: ProbeServeOptions,
  write: (line: string) => void,
): Promise<void> {
  const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, write);
  const node = await openProbeNode(secretFile);
  const mode = await worldReadableMode(secretFile);
  if (mode !== undefined) {
    log.warn({ file: secretFile, mode }, 'every user can read the secret');
  }
  const responder = await startResponder(listenAddresses, { node, name: nodeName, log });
  takeEndingSignals();
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      ending.abort();
    });
  }
  log.info(
    { node: nodeName, addresses: listenAddresses.map(formatListenAddress).join(',') },
    'answering probes',
  );
  await once(ending.signal, 'abort');
  await responder.close();
}
