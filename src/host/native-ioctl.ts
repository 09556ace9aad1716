import { SourceError } from '../model/errors.ts';
import { ethtoolCall } from '../parsers/ethtool-structs.ts';
import type { EthtoolIoctl } from './ethtool-ioctl.ts';

const { addressFamilyInet, socketDatagramCloseOnExec, siocEthtool, interfaceNameLength, padding } =
  ethtoolCall;

/**
 * Opens the kernel's ethtool interface through the C library. Calls are asynchronous: one that waits for a lock in the
 * kernel holds a thread of the pool, never the event loop.
 *
 * @throws {SourceError} when the native module or the C library cannot be loaded.
 * @see netdevice(7)
 */
export async function openEthtoolIoctl(): Promise<EthtoolIoctl> {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const socket = libc.func('int socket(int domain, int type, int protocol)');
    const request = koffi.struct({
      ifr_name: koffi.array('uint8_t', interfaceNameLength),
      ifr_data: 'void *',
      padding: koffi.array('uint8_t', padding),
    });
    const ioctl = libc.func('ioctl', 'int', ['int', 'unsigned long', koffi.pointer(request)]);
    const errnoNames = new Map(
      Object.entries(koffi.os.errno).map(([name, number]) => [number, name]),
    );
    const descriptor: unknown = socket(addressFamilyInet, socketDatagramCloseOnExec, 0);
    if (typeof descriptor !== 'number' || descriptor < 0) {
      throw new Error(`cannot open a socket: errno ${koffi.errno()}`);
    }
    return async (rawName, arena) =>
      new Promise((resolve, reject) => {
        const refuse = (error: unknown): void => {
          reject(new SourceError('failed', `ioctl: ${String(error)}`, { cause: error }));
        };
        const name = new Uint8Array(interfaceNameLength);
        name.set(rawName.subarray(0, interfaceNameLength - 1));
        try {
          ioctl.async(
            descriptor,
            siocEthtool,
            { ifr_name: name, ifr_data: arena, padding: new Uint8Array(padding) },
            (error: unknown, result: unknown) => {
              const errno = koffi.errno();
              if (error !== null && error !== undefined) {
                refuse(error);
              } else {
                resolve(result === 0 ? undefined : (errnoNames.get(errno) ?? `errno ${errno}`));
              }
            },
          );
        } catch (error) {
          // There may be only so many calls in flight.
          refuse(error);
        }
      });
  } catch (error) {
    throw new SourceError(
      'absent',
      `the native ethtool reader cannot be loaded: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}
