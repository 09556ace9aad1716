import { SourceError } from '../model/errors.ts';

/**
 * The calls of the C library that Node.js has no function for. A failed call returns the name of the errno. Asynchronous calls
 * hold a thread of the pool while the kernel blocks, and throw a SourceError `failed` when there are too many.
 */
export interface Libc {
  readonly pointerBytes: number;
  /** The address of a buffer's bytes. */
  addressOf(buffer: Buffer): bigint;
  /** @returns a descriptor. @see socket(2) */
  socket(domain: number, type: number, protocol: number): number | string;
  /** @see bind(2) */
  bind(descriptor: number, address: Buffer): string | undefined;
  /** Sends a datagram without blocking. @see sendto(2) */
  sendTo(descriptor: number, message: Buffer, address: Buffer): string | undefined;
  /** @see setsockopt(2) */
  setOption(descriptor: number, option: SocketOption, value: Buffer): string | undefined;
  /** Fills the buffer with the value. @see getsockopt(2) */
  getOption(descriptor: number, option: SocketOption, value: Buffer): string | undefined;
  /** Advises the kernel on the use of whole pages. @see madvise(2) */
  madvise(pages: Buffer, advice: number): string | undefined;
  /** @returns a descriptor that becomes readable when it is written to. @see eventfd(2) */
  eventfd(): number | string;
  /** Receives without blocking. @returns the number of bytes. @see recv(2) */
  receive(descriptor: number, buffer: Buffer): number | string;
  /** The caller keeps the memory that the argument points to until the call returns. @see ioctl(2) */
  ioctl(descriptor: number, request: number, argument: Buffer): Promise<string | undefined>;
  /** Waits until one of the descriptors is readable or has an error. @see poll(2) */
  poll(descriptors: readonly number[]): Promise<string | undefined>;
  /** Takes an exclusive lock without waiting; `EAGAIN` if another process holds it. @see flock(2) */
  flock(descriptor: number): Promise<string | undefined>;
  /** Exits at once, without waiting for threads with blocked calls. @see _exit(2) */
  exit(status: number): void;
}

interface SocketOption {
  readonly level: number;
  readonly name: number;
}

/** @see MSG_DONTWAIT in recv(2) */
const dontWait = 0x40;
/** @see EFD_CLOEXEC in eventfd(2) */
const closeOnExec = 0o2000000;
/** LOCK_EX and LOCK_NB. @see flock(2) */
const lockExclusiveWithoutWaiting = 2 | 4;
/** A `struct pollfd`: the descriptor in 32 bits, requested and returned events in 16 each. @see poll(2) */
const pollLayout = { bytes: 8, events: 4, readable: 1 } as const;
/** Passed to poll(2). */
const noTimeout = -1;

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
    const sendto = library.func(
      'intptr_t sendto(int descriptor, void *buffer, size_t length, int flags, void *address, uint32_t addressLength)',
    );
    const setsockopt = library.func(
      'int setsockopt(int descriptor, int level, int name, void *value, uint32_t length)',
    );
    const getsockopt = library.func(
      'int getsockopt(int descriptor, int level, int name, void *value, void *length)',
    );
    const madvise = library.func('int madvise(void *address, size_t length, int advice)');
    const ioctl = library.func('int ioctl(int descriptor, unsigned long request, void *argument)');
    const eventfd = library.func('int eventfd(unsigned int value, int flags)');
    const poll = library.func('int poll(void *descriptors, unsigned long count, int timeout)');
    const flock = library.func('int flock(int descriptor, int operation)');
    const exit = library.func('void _exit(int status)');
    const errnoNames = new Map(
      Object.entries(koffi.os.errno).map(([name, number]) => [number, name]),
    );
    const errno = (): string => errnoNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
    const valueOf = (result: unknown): number | string =>
      typeof result === 'number' && result >= 0 ? result : errno();
    const errorOf = (result: unknown): string | undefined =>
      typeof result === 'number' && result >= 0 ? undefined : errno();
    const onPool = createPoolCalls(errorOf);
    return {
      pointerBytes: koffi.sizeof('void *'),
      addressOf: (buffer) => koffi.address(buffer),
      socket: (domain, type, protocol) => valueOf(socket(domain, type, protocol)),
      bind: (descriptor, address) => errorOf(bind(descriptor, address, address.length)),
      receive: (descriptor, buffer) => valueOf(recv(descriptor, buffer, buffer.length, dontWait)),
      sendTo: (descriptor, message, address) =>
        errorOf(sendto(descriptor, message, message.length, dontWait, address, address.length)),
      setOption: (descriptor, { level, name }, value) =>
        errorOf(setsockopt(descriptor, level, name, value, value.length)),
      getOption: (descriptor, { level, name }, value) =>
        errorOf(getsockopt(descriptor, level, name, value, new Uint32Array([value.length]))),
      madvise: (pages, advice) => errorOf(madvise(pages, pages.length, advice)),
      eventfd: () => valueOf(eventfd(0, closeOnExec)),
      ioctl: (...callArguments) => onPool({ name: 'ioctl', call: ioctl, callArguments }),
      poll: (descriptors) =>
        onPool({
          name: 'poll',
          call: poll,
          callArguments: [pollDescriptors(descriptors), descriptors.length, noTimeout],
        }),
      flock: async (descriptor) =>
        onPool({
          name: 'flock',
          call: flock,
          callArguments: [descriptor, lockExclusiveWithoutWaiting],
        }),
      exit: (status) => {
        exit(status);
      },
    };
  } catch (error) {
    throw new SourceError('absent', `the C library cannot be called: ${String(error)}`, {
      cause: error,
    });
  }
}

/** A call of the C library that may block. */
interface PoolCall {
  readonly name: string;
  readonly call: { readonly async: (...callArguments: readonly unknown[]) => unknown };
  readonly callArguments: readonly unknown[];
}

/**
 * Creates the function that makes calls on threads of the pool, each of which holds one until it returns. `errorOf` is called
 * right after that, while errno is still that of the call.
 *
 * @returns a function that returns the name of the errno, or undefined, and throws a SourceError `failed` when there are too
 *   many calls.
 */
function createPoolCalls(
  errorOf: (returned: unknown) => string | undefined,
): (call: PoolCall) => Promise<string | undefined> {
  /** Arguments of calls in flight: the kernel uses them, so they must not be garbage-collected. */
  const inFlight = new Set<readonly unknown[]>();
  return async ({ name, call, callArguments }) =>
    new Promise((resolve, reject) => {
      const refuse = (error: unknown): void => {
        inFlight.delete(callArguments);
        reject(new SourceError('failed', `${name}: ${String(error)}`, { cause: error }));
      };
      inFlight.add(callArguments);
      try {
        call.async(...callArguments, (error: unknown, returned: unknown) => {
          if (error !== null && error !== undefined) {
            refuse(error);
          } else {
            inFlight.delete(callArguments);
            resolve(errorOf(returned));
          }
        });
      } catch (error) {
        // koffi limits the calls in flight.
        refuse(error);
      }
    });
}

/** An array of `struct pollfd` that polls each descriptor for reading. */
function pollDescriptors(descriptors: readonly number[]): ArrayBuffer {
  const bytes = new ArrayBuffer(descriptors.length * pollLayout.bytes);
  for (const [index, descriptor] of descriptors.entries()) {
    const offset = index * pollLayout.bytes;
    // Typed arrays use the byte order of the machine.
    new Int32Array(bytes, offset)[0] = descriptor;
    new Int16Array(bytes, offset + pollLayout.events)[0] = pollLayout.readable;
  }
  return bytes;
}
