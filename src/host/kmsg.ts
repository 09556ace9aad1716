import { closeSync, constants, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

import { ParseError, SourceError, assertSourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import type { KernelLogBatch, KernelRecord } from '../model/kernel-record.ts';
import { sleep } from '../model/sleep.ts';
import { parseKmsgRecord } from '../parsers/kmsg.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';
import type { WaitReadable } from './wait-readable.ts';

/** Kernels up to 6.2 write records of up to 8 KiB, and skip a record that does not fit. */
const bufferBytes = 16 * 1024;
/** Max records read per turn of the event loop. */
const batchSize = 256;
/** Min interval between reads of a busy log. */
const coalesceMilliseconds = 25;
/** Read interval without poll(2). */
const readIntervalMilliseconds = 2000;

export interface KmsgOptions {
  readonly signal: AbortSignal;
  /** Undefined where the log is read at intervals. */
  readonly waitReadable: WaitReadable | undefined;
}

/**
 * Reads `/dev/kmsg`: the whole ring buffer from its oldest record, then every new one, until `signal` is aborted. Records
 * overwritten before they were read show as a gap in the sequence numbers.
 *
 * The file is opened non-blocking, drained, and polled: a blocking read could not be cancelled.
 *
 * @throws {SourceError} `denied` without CAP_SYSLOG where kernel.dmesg_restrict is 1, `absent` without the device.
 * @see Documentation/ABI/testing/dev-kmsg
 */
export async function* readKmsg(
  path: string,
  options: KmsgOptions,
): AsyncGenerator<KernelLogBatch> {
  const { signal } = options;
  const buffer = Buffer.alloc(bufferBytes);
  const file = translated(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    let isFirst = true;
    let hasRead = true;
    while (!signal.aborted) {
      const { isEmpty, ...batch } = translated(path, () => readBatch(file, buffer));
      hasRead ||= !isEmpty;
      if (batch.records.length > 0 || (isFirst && batch.caughtUp)) {
        yield batch;
      }
      if (batch.caughtUp) {
        await waitForMore(file, { ...options, hasRead });
        isFirst = false;
        hasRead = false;
      } else {
        await setImmediate();
      }
    }
  } finally {
    closeSync(file);
  }
}

interface WaitOptions extends KmsgOptions {
  /** Whether the last wait was followed by data. */
  readonly hasRead: boolean;
}

async function waitForMore(
  file: number,
  { signal, waitReadable, hasRead }: WaitOptions,
): Promise<void> {
  const drainedAt = performance.now();
  // A file that is no kernel log may always be readable but empty.
  if (waitReadable === undefined || !hasRead) {
    await sleep(readIntervalMilliseconds, signal);
  }
  try {
    await waitReadable?.(file, signal);
  } catch (error) {
    assertSourceError(error);
    await sleep(readIntervalMilliseconds, signal);
  }
  await sleep(drainedAt + coalesceMilliseconds - performance.now(), signal);
}

/** `isEmpty` if no record was read, not even a skipped one. */
function readBatch(file: number, buffer: Buffer) {
  const records: KernelRecord[] = [];
  for (let count = 0; count < batchSize; count += 1) {
    const record = readRecord(file, buffer);
    if (record === 'idle') {
      return { records, caughtUp: true, isEmpty: count === 0 };
    }
    if (record !== 'skipped') {
      records.push(record);
    }
  }
  return { records, caughtUp: false, isEmpty: false };
}

function readRecord(file: number, buffer: Buffer): KernelRecord | 'idle' | 'skipped' {
  try {
    const length = readSync(file, buffer, 0, buffer.length, null);
    return length === 0 ? 'idle' : parseKmsgRecord(buffer.toString('utf8', 0, length));
  } catch (error) {
    if (error instanceof ParseError) {
      // A malformed record must not end the log; it shows as a gap in the sequence numbers.
      return 'skipped';
    }
    switch (errorCode(error)) {
      case 'EAGAIN':
        return 'idle';
      // Overrun: the position has moved to the oldest record.
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

function withHelp(error: SourceError): SourceError {
  const help: Partial<Record<SourceErrorReason, string>> = {
    denied: 'where kernel.dmesg_restrict is 1, this requires CAP_SYSLOG',
    absent: 'pass the device to the container, or set the root of the host with --path.rootfs',
  };
  return new SourceError(
    error.reason,
    `--kernel-log.source=kmsg: ${error.message}; ${help[error.reason] ?? 'try --kernel-log.source=journal'}`,
    { cause: error },
  );
}

function translated<Value>(path: string, operation: () => Value): Value {
  try {
    return operation();
  } catch (error) {
    throw errorCode(error) === undefined ? error : withHelp(sourceErrorFrom(error, path));
  }
}
