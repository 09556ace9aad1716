import { SourceError } from '../model/errors.ts';
import { linkMessages, linkMessagesAddress, parseLinkMessage } from '../parsers/link-message.ts';
import type { Libc } from './libc.ts';

/** Only the first bytes of a message are of interest; the kernel drops what does not fit. */
const messageBytes = 64;
/** A flood of announcements is not followed one by one. */
const mostMessages = 256;
/** Indices of devices that are gone are dropped together with all others when there are so many. */
const largestCounts = 4096;

/** Tells, by numbers, whether the kernel has announced changes of devices. */
export interface LinkAnnouncements {
  /** While it is the same, neither the device's link, flags and name nor its active offload features have changed. */
  of(interfaceIndex: number): number;
  /** While it is the same, that is so of every device, and none has come or gone. */
  ofAny(): number;
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
    for (let messages = 0; messages < mostMessages; messages += 1) {
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
      if (interfaceIndex === undefined || announced.size >= largestCounts) {
        changedSomewhere();
      } else {
        sequence += 1;
        announced.set(interfaceIndex, sequence);
      }
    }
    changedSomewhere();
  };

  return {
    of: (interfaceIndex) => {
      follow();
      return announced.get(interfaceIndex) ?? anyDevice;
    },
    ofAny: () => {
      follow();
      return sequence;
    },
  };
}
