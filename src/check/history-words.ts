import type { DeviceIdentity, Setting } from '../model/declaration.ts';
import { localTime } from './local-time.ts';
import type { OffloadFacts } from './offload-facts.ts';
import { switchesOf } from './switch-words.ts';

/** `TSO, GSO and GRO are`. */
export function areWords(settings: readonly Setting[], device: DeviceIdentity): string {
  const names = switchesOf(settings, device).map(({ name }) => name.toUpperCase());
  return names.length > 1
    ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`
    : `${names[0]} is`;
}

/** How an offload feature is, or is to be. */
export function onOff(enabled: boolean): 'on' | 'off' {
  return enabled ? 'on' : 'off';
}

/** How often a device was made anew and had these settings again, and since when; undefined where that was never seen. */
export function keptWords(
  settings: readonly Setting[],
  { history, nowSeconds }: Pick<OffloadFacts, 'history' | 'nowSeconds'>,
): string | undefined {
  const states = settings.map(({ feature, enabled }) => {
    const state = history?.features.get(feature);
    return state?.enabled === enabled ? state : { kept: 0, sinceSeconds: 0 };
  });
  const times = Math.min(...states.map(({ kept }) => kept));
  const since = Math.max(...states.map(({ sinceSeconds }) => sinceSeconds));
  return settings.length === 0 || times === 0
    ? undefined
    : `${times === 1 ? 'a reboot or replug' : `${times} reboots or replugs`} since ${localTime(since, nowSeconds)}`;
}
