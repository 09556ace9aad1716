import { SourceError } from '../model/errors.ts';
import { linkMessages, linkMessagesAddress, parseLinkMessage } from '../parsers/link-message.ts';
import type { Libc } from './libc.ts';

/** Only the first bytes of a message are needed; the kernel truncates the rest. */
const messageBytes = 64;
/** Max messages per read; beyond it, every device counts as changed. */
const maxMessages = 256;
/** Max tracked devices; beyond it, all are dropped and count as changed. */
const maxDevices = 4096;

/** Tracks changes of devices, as announced by the kernel. */
export interface LinkAnnouncements {
  /** Reads pending announcements. While the number is the same, no device has changed, appeared or disappeared. */
  read(): number;
  /** While the number is the same, the device's link, flags, name and active offload features have not changed. */
  generation(interfaceIndex: number): number;
}

/**
 * Subscribes to rtnetlink messages about network devices.
 *
 * @throws {SourceError} `failed` when it cannot subscribe.
 * @see rtnetlink(7), rtnetlink_event() in net/core/rtnetlink.c
 */
export function openLinkAnnouncements(libc: Libc): LinkAnnouncements {
  const { addressFamilyNetlink, socketRawCloseOnExec, protocolRoute } = linkMessages;
  const descriptor = libc.socket(addressFamilyNetlink, socketRawCloseOnExec, protocolRoute);
  const error =
    typeof descriptor === 'string' ? descriptor : libc.bind(descriptor, linkMessagesAddress());
  if (typeof descriptor === 'string' || error !== undefined) {
    throw new SourceError('failed', `cannot follow changes of network devices: ${error}`);
  }
  return createLinkAnnouncements((buffer) => libc.receive(descriptor, buffer));
}

/** Tracks announcements. `receive` reads the next without blocking; returns its length or the name of an errno. */
export function createLinkAnnouncements(
  receive: (buffer: Buffer) => number | string,
): LinkAnnouncements {
  const buffer = Buffer.alloc(messageBytes);
  const announced = new Map<number, number>();
  let sequence = 0;
  /** Generation of devices without an announcement. */
  let defaultGeneration = 0;

  const invalidateAll = (): void => {
    sequence += 1;
    defaultGeneration = sequence;
    announced.clear();
  };

  const follow = (): void => {
    for (let messages = 0; messages < maxMessages; messages += 1) {
      const received = receive(buffer);
      // Two names of one number; either may be returned.
      if (received === 'EAGAIN' || received === 'EWOULDBLOCK') {
        return;
      }
      if (typeof received === 'string' && received !== 'ENOBUFS') {
        break;
      }
      const interfaceIndex =
        typeof received === 'number' ? parseLinkMessage(buffer.subarray(0, received)) : undefined;
      if (interfaceIndex === undefined || announced.size >= maxDevices) {
        invalidateAll();
      } else {
        sequence += 1;
        announced.set(interfaceIndex, sequence);
      }
    }
    invalidateAll();
  };

  return {
    read: () => {
      follow();
      return sequence;
    },
    generation: (interfaceIndex) => announced.get(interfaceIndex) ?? defaultGeneration,
  };
}
