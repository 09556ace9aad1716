import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { ParseError } from '../model/errors.ts';
import type { KernelLogBatch, KernelRecord } from '../model/kernel-record.ts';
import { parseKmsgRecord } from '../parsers/kmsg.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

/** Kernels up to 6.2 write records of up to 8 KiB; a smaller buffer would make them skip a record. */
const bufferBytes = 16 * 1024;
/** How soon a record written while the log was idle is seen. An idle look costs one system call. */
const idleMilliseconds = 500;
/** Records read before other work gets its turn. */
const batchSize = 256;

/**
 * Reads `/dev/kmsg`: the whole ring from its oldest record, then every new one, until `signal` is aborted. Records
 * overwritten before they were read show as a gap in the sequence numbers.
 *
 * The file is opened non-blocking and drained: a blocking read would hold a thread of the pool for ever.
 *
 * @throws {SourceError} `denied` without CAP_SYSLOG where kernel.dmesg_restrict is 1, `absent` without the device.
 * @see Documentation/ABI/testing/dev-kmsg
 */
export async function* readKmsg(path: string, signal: AbortSignal): AsyncGenerator<KernelLogBatch> {
  const buffer = Buffer.alloc(bufferBytes);
  const file = translated(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    for (let isFirst = true; !signal.aborted;) {
      const batch = translated(path, () => readBatch(file, buffer));
      if (batch.records.length > 0 || (isFirst && batch.caughtUp)) {
        yield batch;
      }
      if (batch.caughtUp) {
        isFirst = false;
        await setTimeout(idleMilliseconds, undefined, { signal }).catch(() => {});
      } else {
        await setImmediate();
      }
    }
  } finally {
    closeSync(file);
  }
}

function readBatch(file: number, buffer: Buffer): KernelLogBatch {
  const records: KernelRecord[] = [];
  for (let count = 0; count < batchSize; count += 1) {
    const record = readRecord(file, buffer);
    if (record === 'idle') {
      return { records, caughtUp: true };
    }
    if (record !== 'skipped') {
      records.push(record);
    }
  }
  return { records, caughtUp: false };
}

function readRecord(file: number, buffer: Buffer): KernelRecord | 'idle' | 'skipped' {
  try {
    const length = readSync(file, buffer, 0, buffer.length, null);
    return length === 0 ? 'idle' : parseKmsgRecord(buffer.toString('utf8', 0, length));
  } catch (error) {
    if (error instanceof ParseError) {
      // One record in no known form must not end the log; it shows as a gap in the sequence numbers.
      return 'skipped';
    }
    switch (errorCode(error)) {
      case 'EAGAIN':
        return 'idle';
      // Overrun: the position has moved to the oldest record there is.
      case 'EPIPE':
      // A record longer than the buffer: the kernel has moved past it.
      case 'EINVAL':
      // A signal interrupted the read.
      case 'EINTR':
        return 'skipped';
      default:
        throw error;
    }
  }
}

function translated<Value>(path: string, operation: () => Value): Value {
  try {
    return operation();
  } catch (error) {
    throw errorCode(error) === undefined ? error : sourceErrorFrom(error, path);
  }
}
