import { readU32, writeU32 } from './ethtool-structs.ts';

/** Constants of rtnetlink notifications about network devices. @see rtnetlink(7), include/uapi/linux/rtnetlink.h */
export const linkMessages = {
  addressFamilyNetlink: 16,
  socketRawCloseOnExec: 0o2000003,
  protocolRoute: 0,
  /** RTMGRP_LINK, the multicast group of link changes. */
  linkGroup: 1,
  /** Of struct sockaddr_nl, which begins with the 16-bit family. */
  address: { size: 12, groups: 8 },
  /** Offset of the interface index in a message, which begins with struct nlmsghdr and struct ifinfomsg. */
  interfaceIndex: 20,
} as const;

/** The address that subscribes a socket to link changes. */
export function linkMessagesAddress(): Buffer {
  const { addressFamilyNetlink, address, linkGroup } = linkMessages;
  const buffer = Buffer.alloc(address.size);
  // A 16-bit view has the byte order of the machine.
  new Uint16Array(buffer.buffer, buffer.byteOffset, 1)[0] = addressFamilyNetlink;
  writeU32(buffer, address.groups, linkGroup);
  return buffer;
}

/** Returns the interface index of a message; undefined if it is truncated. */
export function parseLinkMessage(message: Buffer): number | undefined {
  const { interfaceIndex } = linkMessages;
  return message.length < interfaceIndex + 4 ? undefined : readU32(message, interfaceIndex);
}
