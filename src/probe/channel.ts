import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import { SourceError } from '../model/errors.ts';
import { encodeFrame, frameBytes, nonceOf, parseFrame } from './frame.ts';
import type { Frame, FrameContent, FrameType } from './frame.ts';

/** Large enough for the kernel to leave the segmentation to the device. */
const writeBytes = 256 * 1024;

/** Frames and payload over one connection. Every method throws a SourceError when the connection ends or stalls. */
export interface Channel {
  /** Sets the keys of the frames that follow. */
  setKeys(keys: ChannelKeys): void;
  send(frame: FrameContent): Promise<void>;
  /** The next frame. @throws {SourceError} `denied` when it is not authentic, `failed` when it has another type. */
  receive<Type extends FrameType>(...types: readonly Type[]): Promise<Frame & { type: Type }>;
  /** The next frame, with the keys derived from its nonce, which remain set. @throws {SourceError} as {@link receive}. */
  agree<Type extends FrameType>(
    type: Type,
    keysOf: (nonce: Buffer) => ChannelKeys,
  ): Promise<Frame & { type: Type }>;
  /** Sends a pseudo-random payload. @returns its SHA-256 */
  sendPayload(bytes: number): Promise<Buffer>;
  /** Receives a payload. @returns its SHA-256 */
  receivePayload(bytes: number): Promise<Buffer>;
}

/** Keys for sending and receiving. */
export interface ChannelKeys {
  readonly own: Buffer;
  readonly other: Buffer;
}

/** Creates the channel of a connection, with a timeout of `idleMilliseconds` without progress. */
export function createChannel(
  socket: Socket,
  {
    keys: first,
    idleMilliseconds,
  }: { readonly keys: ChannelKeys; readonly idleMilliseconds: number },
): Channel {
  let keys = { ...first, sent: 0, received: 0 };
  socket.setNoDelay(true);
  socket.setTimeout(idleMilliseconds, () => {
    socket.destroy(new SourceError('timeout', `no progress for ${idleMilliseconds / 1000} s`));
  });
  // Reading ends with the error as well.
  socket.on('error', () => {});
  const chunks: AsyncIterator<unknown> = socket[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  /** Returns at least one byte and at most `max`. */
  const take = async (max: number): Promise<Buffer> => {
    if (rest.length === 0) {
      const { value, done } = await chunks.next().catch(rethrow);
      if (done === true || !Buffer.isBuffer(value)) {
        throw new SourceError('failed', 'the connection was closed');
      }
      rest = value;
    }
    const taken = rest.subarray(0, max);
    rest = rest.subarray(taken.length);
    return taken;
  };

  const write = async (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => {
        if (error === undefined || error === null) {
          resolve();
        } else {
          reject(channelError(error));
        }
      });
    });

  const receiveFrame = async (): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for (let missing = frameBytes; missing > 0;) {
      const part = await take(missing);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  };

  const verified = <Type extends FrameType>(
    bytes: Buffer,
    types: readonly Type[],
  ): Frame & { type: Type } => {
    const frame = parseFrame(bytes, { key: keys.other, sequence: keys.received });
    keys.received += 1;
    if (frame === undefined) {
      throw new SourceError('denied', 'the answer is not authentic');
    }
    const type = types.find((wanted) => wanted === frame.type);
    if (type === undefined) {
      throw new SourceError('failed', `expected ${types.join(' or ')}, got ${frame.type}`);
    }
    return { ...frame, type };
  };

  const setKeys = (next: ChannelKeys): void => {
    keys = { ...next, sent: 0, received: 0 };
  };

  return {
    setKeys,
    send: async (frame) => {
      const bytes = encodeFrame(frame, { key: keys.own, sequence: keys.sent });
      keys.sent += 1;
      await write(bytes);
    },
    receive: async (...types) => verified(await receiveFrame(), types),
    agree: async (type, keysOf) => {
      const bytes = await receiveFrame();
      setKeys(keysOf(nonceOf(bytes)));
      return verified(bytes, [type]);
    },
    sendPayload: async (bytes) => {
      const cipher = createCipheriv('aes-128-ctr', randomBytes(16), Buffer.alloc(16));
      const zeros = Buffer.alloc(Math.min(bytes, writeBytes));
      const hash = createHash('sha256');
      for (let left = bytes; left > 0; left -= writeBytes) {
        const chunk = cipher.update(zeros.subarray(0, left));
        hash.update(chunk);
        await write(chunk);
      }
      return hash.digest();
    },
    receivePayload: async (bytes) => {
      const hash = createHash('sha256');
      for (let left = bytes; left > 0;) {
        const chunk = await take(left);
        hash.update(chunk);
        left -= chunk.length;
      }
      return hash.digest();
    },
  };
}

function rethrow(error: unknown): never {
  throw channelError(error);
}

function channelError(error: unknown): SourceError {
  return error instanceof SourceError
    ? error
    : new SourceError(
        'failed',
        `the connection failed: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
}
