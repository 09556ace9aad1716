import { SourceError } from '../model/errors.ts';
import { memoizeByObject } from '../model/memoize.ts';
import { ethtoolCall, writeU32, writeU64 } from '../parsers/ethtool-structs.ts';
import type { EthtoolIoctl } from './ethtool-ioctl.ts';
import type { Libc } from './libc.ts';

const {
  addressFamilyInet,
  socketDatagramCloseOnExec,
  siocEthtool,
  interfaceNameLength,
  requestBytes,
} = ethtoolCall;

/**
 * Opens the kernel's ethtool interface. A call that waits for a lock in the kernel blocks a thread of the pool, never the
 * event loop.
 *
 * @throws {SourceError} `failed` when a socket cannot be opened.
 * @see netdevice(7)
 */
export function openEthtoolIoctl(libc: Libc): EthtoolIoctl {
  const descriptor = libc.socket(addressFamilyInet, socketDatagramCloseOnExec, 0);
  if (typeof descriptor === 'string') {
    throw new SourceError('failed', `cannot open a socket for ethtool: ${descriptor}`);
  }
  /** By the arena it points to, which the reader keeps until its call has returned. */
  const requestOf = memoizeByObject((arena: Buffer) => createRequest(libc, arena));
  return (rawName, arena) => {
    const request = requestOf(arena);
    request.fill(0, 0, interfaceNameLength);
    rawName.copy(request, 0, 0, interfaceNameLength - 1);
    return libc.ioctl(descriptor, siocEthtool, request);
  };
}

/** A `struct ifreq` without a name yet. */
function createRequest({ pointerBytes, addressOf }: Libc, arena: Buffer): Buffer {
  const request = Buffer.alloc(requestBytes);
  if (pointerBytes === 8) {
    writeU64(request, interfaceNameLength, addressOf(arena));
  } else {
    writeU32(request, interfaceNameLength, Number(addressOf(arena)));
  }
  return request;
}
