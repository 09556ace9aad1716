import type { Logger } from 'pino';

import type { Systemd } from '../host/systemd.ts';
import { sleep } from '../model/sleep.ts';
import type { Agent } from './agent.ts';

export interface SystemdNotificationsOptions {
  readonly agent: Pick<Agent, 'poll' | 'isPolling'>;
  readonly systemd: Pick<Systemd, 'notify' | 'watchdogMilliseconds'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sends READY=1 after the first poll and then, if the unit has a watchdog, WATCHDOG=1 twice per watchdog interval while
 * polls finish on schedule. When they do not, systemd gets no notification and restarts the agent.
 */
export async function notifySystemd({
  agent,
  systemd: { notify, watchdogMilliseconds },
  log,
  signal,
}: SystemdNotificationsOptions): Promise<void> {
  let succeeded = true;
  const send = async (state: Parameters<Systemd['notify']>[0]): Promise<void> => {
    try {
      await notify(state);
      succeeded = true;
    } catch (error) {
      if (succeeded && !signal.aborted) {
        log.warn({ error: String(error) }, 'sd_notify failed');
      }
      succeeded = false;
    }
  };

  await agent.poll();
  await send('READY=1');
  if (watchdogMilliseconds === undefined) {
    return;
  }
  while (!signal.aborted) {
    if (agent.isPolling()) {
      await send('WATCHDOG=1');
    }
    await sleep(watchdogMilliseconds / 2, signal);
  }
}
