import { readNetplan } from '../declared/host-input.ts';
import { readIdentity } from '../declared/identity.ts';
import type { NetplanFiles } from '../declared/netplan.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import type { DeviceIdentity } from '../model/declaration.ts';
import { sleep } from '../model/sleep.ts';

/** It takes 0.2 s of CPU, as much as all scrapes of five minutes on a small node. `nicwatch check` reads at once. */
const refreshMilliseconds = 30 * 60_000;
/** New and renamed devices do not wait as long. */
const checkMilliseconds = 5 * 60_000;
/** Hundreds of files: the first scrape does not wait for them. */
const firstMilliseconds = 1000;

/** The configuration and the identities of devices, read independently of polls. */
export interface HostState {
  readonly config: NetworkConfig;
  readonly netplan: NetplanFiles;
  /** By interface index. */
  readonly identities: ReadonlyMap<number, Omit<DeviceIdentity, 'features'>>;
}

/** Creates the refresher, which reads the configuration every half hour. */
export function createRefresher(
  host: Pick<Host, 'devices' | 'networkConfig' | 'readFile'>,
  onChange: (config: NetworkConfig) => void,
): Refresher {
  let state: HostState | undefined;
  let isRunning = false;
  let refreshedAt = Number.NEGATIVE_INFINITY;

  const isDue = (): boolean =>
    performance.now() - refreshedAt >= refreshMilliseconds ||
    host
      .devices()
      .some(({ interfaceIndex, name }) => state?.identities.get(interfaceIndex)?.name !== name);

  const refresh = async (): Promise<boolean> => {
    refreshedAt = performance.now();
    const config = await host.networkConfig(state?.config);
    const identities: Awaited<ReturnType<typeof readIdentity>>[] = [];
    // Sequentially, to save memory: in parallel, every attribute of every device needs a buffer.
    for (const device of host.devices()) {
      identities.push(await readIdentity(host, device));
    }
    const next = {
      config,
      netplan: state?.config === config ? state.netplan : await readNetplan(config),
      identities: new Map(identities.map((identity) => [identity.interfaceIndex, identity])),
    };
    const isChanged =
      JSON.stringify(identities) !== JSON.stringify([...(state?.identities.values() ?? [])]);
    if (state?.config !== config) {
      onChange(config);
    } else if (!isChanged) {
      return false;
    }
    state = next;
    return true;
  };

  return {
    state: async () => {
      if (!isRunning && state === undefined) {
        await refresh();
      }
      return state;
    },
    run: async (signal, changed) => {
      isRunning = true;
      let delay = firstMilliseconds;
      while (!signal.aborted) {
        await sleep(delay, signal);
        try {
          if (!signal.aborted && isDue() && (await refresh())) {
            changed();
          }
        } catch {
          // The poll reports devices that cannot be listed.
          refreshedAt = Number.NEGATIVE_INFINITY;
        }
        delay = state === undefined ? firstMilliseconds : checkMilliseconds;
      }
    },
  };
}

interface Refresher {
  /** The same object while nothing changes; undefined until it was read. Reads it only where `run` was never called. */
  state(): Promise<HostState | undefined>;
  run(signal: AbortSignal, changed: () => void): Promise<void>;
}
