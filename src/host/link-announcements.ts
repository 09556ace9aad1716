import { SourceError } from '../model/errors.ts';
import { linkMessages, linkMessagesAddress, parseLinkMessage } from '../parsers/link-message.ts';
import type { Libc } from './libc.ts';

/** Only the first bytes of a message are of interest; the kernel drops what does not fit. */
const messageBytes = 64;
/** A flood of announcements is not read one by one. */
const maxMessages = 256;
/** Indices of devices that are gone are dropped together with all others above this. */
const maxDevices = 4096;

/** Tells, by numbers, whether the kernel has announced changes of devices, as far as it was read. */
export interface LinkAnnouncements {
  /** Reads what was announced since. While it returns the same number, no device has changed, come or gone. */
  read(): number;
  /** While it is the same, neither the device's link, flags and name nor its active offload features have changed. */
  generation(interfaceIndex: number): number;
}

/**
 * Subscribes to what the kernel announces about network devices.
 *
 * @throws {SourceError} `failed` when it cannot be subscribed to.
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

/** Follows announcements, which `receive` gives one by one without waiting: its length, or the name of an errno. */
export function createLinkAnnouncements(
  receive: (buffer: Buffer) => number | string,
): LinkAnnouncements {
  const buffer = Buffer.alloc(messageBytes);
  const announced = new Map<number, number>();
  let sequence = 0;
  /** What holds for a device nothing was announced of. */
  let anyDevice = 0;

  const changedSomewhere = (): void => {
    sequence += 1;
    anyDevice = sequence;
    announced.clear();
  };

  const follow = (): void => {
    for (let messages = 0; messages < maxMessages; messages += 1) {
      const received = receive(buffer);
      // Two names stand for one number; either may come.
      if (received === 'EAGAIN' || received === 'EWOULDBLOCK') {
        return;
      }
      if (typeof received === 'string' && received !== 'ENOBUFS') {
        break;
      }
      const interfaceIndex =
        typeof received === 'number' ? parseLinkMessage(buffer.subarray(0, received)) : undefined;
      if (interfaceIndex === undefined || announced.size >= maxDevices) {
        changedSomewhere();
      } else {
        sequence += 1;
        announced.set(interfaceIndex, sequence);
      }
    }
    changedSomewhere();
  };

  return {
    read: () => {
      follow();
      return sequence;
    },
    generation: (interfaceIndex) => announced.get(interfaceIndex) ?? anyDevice,
  };
}
