import { SourceError } from '../model/errors.ts';

/** The calls of the C library that Node.js has no function for. */
export interface Libc {
  readonly pointerBytes: number;
  /** Where a buffer's bytes are. */
  addressOf(buffer: Buffer): bigint;
  /** @returns a descriptor, or the name of the errno. @see socket(2) */
  socket(domain: number, type: number, protocol: number): number | string;
  /** @returns the name of the errno, or undefined. @see bind(2) */
  bind(descriptor: number, address: Buffer): string | undefined;
  /** Receives what is there, never waiting. @returns the number of bytes, or the name of the errno. @see recv(2) */
  receive(descriptor: number, buffer: Buffer): number | string;
  /**
   * Makes the call on a thread of the pool, which it holds for as long as the kernel makes it wait. Whoever calls keeps
   * the argument, and what it points to, until then.
   *
   * @returns the name of the errno, or undefined.
   * @throws {SourceError} `failed` when there are too many such calls. @see ioctl(2)
   */
  ioctl(descriptor: number, request: number, argument: Buffer): Promise<string | undefined>;
  /** Ends the process at once where calls have not come back, for whose threads it would wait. @see _exit(2) */
  exitIfWaiting(status: number): void;
}

/** @see MSG_DONTWAIT in recv(2) */
const dontWait = 0x40;

/**
 * Opens the C library this process runs on.
 *
 * @throws {SourceError} `absent` when the native module or the library cannot be loaded.
 */
export async function openLibc(): Promise<Libc> {
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    const socket = library.func('int socket(int domain, int type, int protocol)');
    const bind = library.func('int bind(int descriptor, void *address, uint32_t length)');
    const recv = library.func(
      'intptr_t recv(int descriptor, void *buffer, size_t length, int flags)',
    );
    const ioctl = library.func('int ioctl(int descriptor, unsigned long request, void *argument)');
    const exit = library.func('void _exit(int status)');
    const errnoNames = new Map(
      Object.entries(koffi.os.errno).map(([name, number]) => [number, name]),
    );
    const errno = (): string => errnoNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
    const valueOf = (result: unknown): number | string =>
      typeof result === 'number' && result >= 0 ? result : errno();
    const errorOf = (result: unknown): string | undefined => (result === 0 ? undefined : errno());
    let waiting = 0;
    return {
      pointerBytes: koffi.sizeof('void *'),
      addressOf: (buffer) => koffi.address(buffer),
      socket: (domain, type, protocol) => valueOf(socket(domain, type, protocol)),
      bind: (descriptor, address) => errorOf(bind(descriptor, address, address.length)),
      receive: (descriptor, buffer) => valueOf(recv(descriptor, buffer, buffer.length, dontWait)),
      ioctl: async (descriptor, request, argument) =>
        new Promise((resolve, reject) => {
          const refuse = (error: unknown): void => {
            waiting -= 1;
            reject(new SourceError('failed', `ioctl: ${String(error)}`, { cause: error }));
          };
          waiting += 1;
          try {
            ioctl.async(descriptor, request, argument, (error: unknown, result: unknown) => {
              if (error !== null && error !== undefined) {
                refuse(error);
              } else {
                waiting -= 1;
                resolve(errorOf(result));
              }
            });
          } catch (error) {
            // There may be only so many calls in flight.
            refuse(error);
          }
        }),
      exitIfWaiting: (status) => {
        if (waiting > 0) {
          exit(status);
        }
      },
    };
  } catch (error) {
    throw new SourceError('absent', `the C library cannot be called: ${String(error)}`, {
      cause: error,
    });
  }
}
