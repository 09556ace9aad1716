import { createGuard } from '../../src/agent/guard.ts';
import { tickMilliseconds } from '../../src/agent/limiter.ts';
import { createPollClock } from '../../src/agent/poll-clock.ts';
import { createPoll } from '../../src/agent/poll.ts';
import type { RecordedPoll } from '../../src/agent/poll.ts';
import { isWatched } from '../../src/agent/watched.ts';
import type { Config } from '../../src/config/config.ts';
import type { Host } from '../../src/host/host.ts';

/** Makes the function that begins a poll of a host, as the agent does for collectors that need no read on demand. */
export function createPolls(host: Host, config: Config): () => Promise<RecordedPoll> {
  const clock = createPollClock(tickMilliseconds);
  const guard = createGuard(host, clock);
  return async () => {
    clock.start();
    const poll = createPoll({
      listDevices: () =>
        host
          .devices()
          .filter((device) => isWatched(device, config))
          .map(guard.watch),
      nowSeconds: host.now().getTime() / 1000,
      readFile: guard.readFile,
    });
    await guard.readDevices(poll.watched, []);
    clock.stop();
    return poll;
  };
}
