import { pino } from 'pino';

import { createAgent } from '../../src/agent/agent.ts';
import type { Agent } from '../../src/agent/agent.ts';
import type { CollectorDefinition } from '../../src/collectors/collector.ts';
import { collectorDefinitions } from '../../src/collectors/index.ts';
import { parseArguments } from '../../src/config/arguments.ts';
import type { Config } from '../../src/config/config.ts';
import type { Host } from '../../src/host/host.ts';
import { createExpositionRenderer } from '../../src/metrics/exposition.ts';
import { selectedFamilies } from '../../src/http/selection.ts';

/** The configuration the flags give. */
export function configFrom(flags: readonly string[]): Config {
  const invocation = parseArguments(flags, collectorDefinitions);
  if (invocation.action !== 'run') {
    throw new Error(`the flags ask for ${invocation.action}`);
  }
  return invocation.config;
}

/** The collector `declared` reads files in the first poll, instead of in the background a second later. */
function withoutDelay(definition: CollectorDefinition): CollectorDefinition {
  if (definition.name !== 'declared') {
    return definition;
  }
  return {
    ...definition,
    create: (options) => {
      const { needs, collect } = definition.create(options);
      return { ...(needs && { needs }), collect };
    },
  };
}

/** An agent with every collector, on a given host. */
export function createTestAgent(host: Host, flags: readonly string[] = []): Agent {
  return createAgent({
    host,
    config: configFrom(flags),
    definitions: collectorDefinitions.map(withoutDelay),
    log: pino({ enabled: false }),
    build: { version: '1.2.3', revision: 'abcdef0', nodeVersion: 'v20.0.0' },
  });
}

/** The exposition of a host. */
export async function scrape(host: Host, flags: readonly string[] = []): Promise<string> {
  const agent = createTestAgent(host, ['--web.disable-exporter-metrics', ...flags]);
  const ending = new AbortController();
  const running = agent.run(ending.signal);
  try {
    await agent.poll();
    const families = selectedFamilies(await agent.freshSnapshot(), { collect: [], exclude: [] });
    return String(await createExpositionRenderer()(families));
  } finally {
    ending.abort();
    await running;
  }
}
