import process from 'node:process';
import { setImmediate } from 'node:timers/promises';

import { pino } from 'pino';

import { createAgent } from '../src/agent/agent.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import { parseArguments } from '../src/config/arguments.ts';
import { createExpositionRenderer } from '../src/metrics/exposition.ts';
import { selectedFamilies } from '../src/http/selection.ts';
import { createSimulatedHost } from './simulated-host.ts';

/** A day of 100,000 polls. */
const pollMilliseconds = 864;
/** Polls per scrape. */
const scrapeEvery = 10;

/**
 * Runs an agent with all collectors on a simulated host, for a number of polls without pauses.
 *
 * @param onPoll called after each poll with how many there have been
 */
export async function pollSimulatedHost(
  polls: number,
  onPoll: (count: number) => void,
): Promise<void> {
  const invocation = parseArguments(
    ['--kernel-log.source=kmsg', '--poll.interval=1h'],
    collectorDefinitions,
  );
  if (invocation.action !== 'run') {
    throw new Error(`the flags ask for ${invocation.action}`);
  }
  const { host, advance } = createSimulatedHost();
  const agent = createAgent({
    host,
    config: invocation.config,
    definitions: collectorDefinitions,
    log: pino({ enabled: false }),
    build: { version: '1.2.3', revision: 'abcdef0', nodeVersion: process.version },
  });
  const render = createExpositionRenderer();
  const ending = new AbortController();
  const running = agent.run(ending.signal);
  try {
    for (let count = 1; count <= polls; count += 1) {
      advance(pollMilliseconds);
      await agent.poll();
      if (count % scrapeEvery === 0) {
        await render(selectedFamilies(await agent.freshSnapshot(), { collect: [], exclude: [] }));
      }
      // Lets the event loop finish pending work, as between real polls.
      await setImmediate();
      onPoll(count);
    }
  } finally {
    ending.abort();
    await running;
  }
}
