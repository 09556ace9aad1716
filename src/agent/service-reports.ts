import { setTimeout } from 'node:timers/promises';

import type { Logger } from 'pino';

import type { ServiceManager } from '../host/service-manager.ts';
import type { Agent } from './agent.ts';

export interface ServiceReportsOptions {
  readonly agent: Pick<Agent, 'poll' | 'isPolling'>;
  readonly manager: Pick<ServiceManager, 'notify' | 'watchdogMilliseconds'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Tells the service manager that the agent is ready when the first poll has ended, then, where it asks for that, twice
 * within its patience that polls still end. When they do not, it hears nothing more and starts the agent anew.
 */
export async function reportToServiceManager({
  agent,
  manager: { notify, watchdogMilliseconds },
  log,
  signal,
}: ServiceReportsOptions): Promise<void> {
  let wasTold = true;
  const tell = async (state: Parameters<ServiceManager['notify']>[0]): Promise<void> => {
    try {
      await notify(state);
      wasTold = true;
    } catch (error) {
      if (wasTold && !signal.aborted) {
        log.warn({ error: String(error) }, 'the service manager could not be told');
      }
      wasTold = false;
    }
  };

  await agent.poll();
  await tell('READY=1');
  if (watchdogMilliseconds === undefined) {
    return;
  }
  while (!signal.aborted) {
    if (agent.isPolling()) {
      await tell('WATCHDOG=1');
    }
    await setTimeout(watchdogMilliseconds / 2, undefined, { signal }).catch(() => {});
  }
}
