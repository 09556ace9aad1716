import { readU32, writeU32 } from './ethtool-structs.ts';

/** What the kernel announces changes of network devices with. @see rtnetlink(7), include/uapi/linux/rtnetlink.h */
export const linkMessages = {
  addressFamilyNetlink: 16,
  socketRawCloseOnExec: 0o2000003,
  protocolRoute: 0,
  /** Bit of the group of messages about devices. */
  linkGroup: 1,
  /** Of struct sockaddr_nl: the family comes first, in 16 bits. */
  address: { size: 12, groups: 8 },
  /** Where a message, of a struct nlmsghdr and a struct ifinfomsg first of all, says which device it is about. */
  interfaceIndex: 20,
} as const;

/** The address that subscribes a socket to what is announced about devices. */
export function linkMessagesAddress(): Buffer {
  const { addressFamilyNetlink, address, linkGroup } = linkMessages;
  const buffer = Buffer.alloc(address.size);
  // Through a view of 16 bits, which has the byte order of the machine.
  new Uint16Array(buffer.buffer, buffer.byteOffset, 1)[0] = addressFamilyNetlink;
  writeU32(buffer, address.groups, linkGroup);
  return buffer;
}

/** Which device a message is about, by its index; undefined for what is too short to say. */
export function parseLinkMessage(message: Buffer): number | undefined {
  const { interfaceIndex } = linkMessages;
  return message.length < interfaceIndex + 4 ? undefined : readU32(message, interfaceIndex);
}
