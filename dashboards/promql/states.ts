import { hangEvents, perDevice } from './findings.ts';
import type { Scope } from './findings.ts';
import type { States } from '../kit/panels.ts';

/** Values of `deviceState()`, the worst of them at any moment. */
export const deviceStates: States = {
  0: { text: 'fine', color: 'green' },
  1: { text: 'reset', color: 'yellow' },
  2: { text: 'transmit timeout', color: 'orange' },
  3: { text: 'transmitter stalled', color: 'dark-orange' },
  4: { text: 'transmitter hangs', color: 'red' },
  5: { text: 'no carrier', color: 'blue' },
};

export const onOff: States = {
  0: { text: 'off', color: 'blue' },
  1: { text: 'on', color: 'green' },
};

export const yesNo: States = {
  0: { text: 'no', color: 'red' },
  1: { text: 'yes', color: 'green' },
};

/** One number of `deviceStates` for each device. */
export function deviceState({ device }: Scope): string {
  const rose = (event: string): string =>
    `max by (${perDevice}) (increase(nic_kernel_events_total{${device},event="${event}"}[$__rate_interval])) > 0`;
  const timedOut = `max by (${perDevice}) (increase(nic_tx_timeouts_total{${device}}[$__rate_interval])) > 0`;
  const link = `max by (${perDevice}) (nic_link_up{${device}})`;
  return [
    `4 * (max by (${perDevice}) (nic_hang_active{${device}}) == 1)`,
    `3 * (max by (${perDevice}) (nic_tx_stalled{${device}}) == 1)`,
    `2 + 0 * (${rose('tx_timeout')} or ${timedOut})`,
    `1 + 0 * (${rose('adapter_reset')})`,
    `5 + 0 * (${link} == 0)`,
    `0 * ${link}`,
  ].join('\nor ');
}

/** The devices that hung, timed out, were reset or stalled in the time range, the latest of them. */
export function troubled({ device }: Scope, count: number): string {
  const happened = `max by (${perDevice}) (last_over_time(nic_kernel_event_last_timestamp_seconds{${device},event=~"${hangEvents}"}[$__range] @ end())) > \${__from:date:seconds}`;
  const stalled = `max by (${perDevice}) (max_over_time(nic_tx_stalled{${device}}[$__range] @ end())) > 0`;
  return `topk(${count}, (${happened}) or (${stalled}))`;
}
