import type { Device } from '../model/device.ts';
import type { KernelEvent } from './classify.ts';

/** Whom an event is about, in the names the other metrics use; empty where nobody can tell. */
export interface Attribution {
  readonly device: string;
  readonly driver: string;
}

/**
 * Finds the device an event is about. The bus address leads to its present name even when the record gives an old one
 * or none; a name no device here bears is that of another network namespace and stays as it is. One bus address with
 * several devices (multi-port cards) says nothing unless the text names one of them.
 */
export function attributeEvent(event: KernelEvent, devices: readonly Device[]): Attribution {
  const onBus = devices.filter(
    ({ busAddress }) => busAddress !== undefined && busAddress === event.busAddress,
  );
  const [only, ...others] = onBus;
  const named = devices.find(({ name }) => name === event.device);
  const device =
    onBus.find((candidate) => candidate === named) ??
    (others.length === 0 ? only : undefined) ??
    (onBus.length === 0 ? named : undefined);
  return {
    device: device?.name ?? event.device ?? '',
    driver: device?.driver ?? event.driver ?? '',
  };
}
