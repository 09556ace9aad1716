import { perDevice } from './findings.ts';
import type { Scope } from './findings.ts';
import type { States } from '../kit/panels.ts';

/** Values of `device:nic_state:code`, the most severe at each time. */
export const deviceStates: States = {
  0: { text: 'fine', color: 'green' },
  1: { text: 'exposed', color: 'yellow' },
  2: { text: 'no carrier', color: 'blue' },
  3: { text: 'packets loop', color: 'purple' },
  4: { text: 'bad checksums', color: 'semi-dark-purple' },
  5: { text: 'reset', color: 'orange' },
  6: { text: 'timed out', color: 'orange' },
  7: { text: 'firmware fault', color: 'dark-red' },
  8: { text: 'stalled', color: 'dark-orange' },
  9: { text: 'fell off its bus', color: 'dark-red' },
  10: { text: 'hangs', color: 'red' },
};

export const onOff: States = {
  0: { text: 'off', color: 'blue' },
  1: { text: 'on', color: 'green' },
};

export const yesNo: States = {
  0: { text: 'no', color: 'red' },
  1: { text: 'yes', color: 'green' },
};

/** Labels `rank` of what `ranked()` gives: they sort as they weigh. */
export const severities: States = {
  1: { text: 'critical', color: 'red' },
  2: { text: 'warning', color: 'orange' },
  3: { text: 'info', color: 'blue' },
};

/** One number of `deviceStates` for each device that is scraped. */
export function deviceState({ device }: Scope): string {
  return `max by (${perDevice}) (device:nic_state:code{${device}})`;
}

/** The same, with the last known state of nodes that cannot be scraped. */
export function lastDeviceState({ device }: Scope): string {
  return `max by (${perDevice}) (device:nic_last_state:code{${device}})`;
}

/** The devices with the most severe states in the time range. */
export function troubled({ device }: Scope, count: number): string {
  return `topk(${count}, max by (${perDevice}) (max_over_time(device:nic_state:trouble{${device}}[$__range] @ end())))`;
}
