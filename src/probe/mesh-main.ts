import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import { processFamilies } from '../agent/process-families.ts';
import type { Snapshot } from '../agent/snapshot.ts';
import { formatListenAddress } from '../config/flag-values.ts';
import { parseMeshArguments } from '../config/mesh-arguments.ts';
import type { MeshOptions } from '../config/mesh-arguments.ts';
import { print } from '../host/print.ts';
import { createApp } from '../http/app.ts';
import { listen } from '../http/listen.ts';
import { createLogger } from '../log/logger.ts';
import { createMeshAdmission } from './mesh-admission.ts';
import { createMeshMeasure } from './mesh-measure.ts';
import { createMeshPeers } from './mesh-peers.ts';
import { meshTiming } from './mesh-plan.ts';
import { createMesh } from './mesh.ts';
import type { Mesh } from './mesh.ts';
import { endingSignal, startAnswering } from './serve.ts';

/** After a termination signal peers are answered for so long: until they find this node no more. */
const drainMilliseconds = 5000;

/** Runs `nicwatch probe mesh` until SIGTERM or SIGINT. @throws {ConfigError} naming the flag, file or address. */
export async function runMesh(
  argv: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const invocation = parseMeshArguments(argv);
  if (invocation.action === 'help') {
    await print(invocation.text);
    return;
  }
  const { options } = invocation;
  const log = createLogger({ logLevel: 'info', logFormat: 'logfmt' }, write);
  const timing = meshTiming(options.kilobitsPerSecond);
  const answers = await startAnswering(options, { log, admit: createMeshAdmission(timing) });
  const mesh = createMesh({
    nodeName: options.nodeName,
    path: options.path,
    timing,
    peers: createMeshPeers({ names: options.peers, log }),
    measure: createMeshMeasure(answers.node, timing),
  });
  const ending = endingSignal();
  const listener = await serveMetrics(mesh, { options, log, ending });
  log.info(
    {
      node: options.nodeName,
      path: options.path,
      slot_seconds: timing.slotSeconds,
      addresses: options.listenAddresses.map(formatListenAddress).join(','),
      metrics: options.webListenAddresses.map(formatListenAddress).join(','),
    },
    'probing',
  );
  await mesh.run(ending);
  if (!ending.aborted) {
    await once(ending, 'abort');
  }
  log.info({}, 'ending');
  await setTimeout(drainMilliseconds);
  await Promise.all([answers.close(), listener.close()]);
}

interface ServeOptions {
  readonly options: MeshOptions;
  readonly log: ReturnType<typeof createLogger>;
  readonly ending: AbortSignal;
}

async function serveMetrics(mesh: Mesh, { options, log, ending }: ServeOptions) {
  const startedSeconds = Date.now() / 1000;
  const { webConfigFile: path } = options;
  const security =
    path === undefined
      ? undefined
      : await (await import('../web-config/web-security.ts')).openWebSecurity({ path, log });
  const freshSnapshot = async (): Promise<Snapshot> => ({
    timestampSeconds: Date.now() / 1000,
    collected: new Map([['probe', mesh.families()]]),
    agent: processFamilies(startedSeconds),
    administrativelyDown: new Set(),
    recentEvents: [],
  });
  return listen(
    createApp({
      agent: { freshSnapshot, isReady: () => !ending.aborted },
      config: {
        collectors: new Set(['probe']),
        knownIssues: [],
        lifecycle: false,
        maxRequests: 40,
        telemetryPath: '/metrics',
      },
      log,
      reload: async () => true,
      protect: security?.protect,
    }),
    options.webListenAddresses,
    security?.createWebServer,
  );
}
