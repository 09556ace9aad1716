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
 * several devices (multi-port cards) says nothing unless the text names one of them, and a driver's name alone says
 * something only where it has one device.
 */
export function attributeEvent(event: KernelEvent, devices: readonly Device[]): Attribution {
  const named = devices.find(({ name }) => name === event.device);
  const device = findDevice(event, named, devices);
  // A name that another card bears today would make this that card's event.
  const isTaken = event.busAddress !== undefined && named !== undefined;
  return {
    device: device?.name ?? (isTaken ? '' : (event.device ?? '')),
    driver: device?.driver ?? event.driver ?? '',
  };
}

function findDevice(
  { event, device, driver, busAddress }: KernelEvent,
  named: Device | undefined,
  devices: readonly Device[],
): Device | undefined {
  if (busAddress !== undefined) {
    const onBus = devices.filter((candidate) => candidate.busAddress === busAddress);
    return onBus.find((candidate) => candidate === named) ?? only(onBus);
  }
  if (device !== undefined) {
    // Only virtual devices loop: a physical one of that name is not the one in some container.
    return event === 'dead_loop' && named?.kind === 'physical' ? undefined : named;
  }
  return driver === undefined
    ? undefined
    : only(devices.filter((candidate) => candidate.driver === driver));
}

function only(devices: readonly Device[]): Device | undefined {
  return devices.length === 1 ? devices[0] : undefined;
}
