import { createHash } from 'node:crypto';

import { ParseError } from '../model/errors.ts';
import { kernelEventNames } from '../model/kernel-event.ts';
import type { BootEvents, KernelEventCount, Ledger, LogPosition } from '../model/ledger.ts';

/** Version of the file format. Newer files are rejected: rewriting one could lose data. */
const ledgerVersion = 2;
/** The version without a checksum. */
const plainVersion = 1;

/** Formats a ledger for {@link parseLedger}: a line of JSON, and a line with its SHA-256. */
export function formatLedger(ledger: Ledger): string {
  const json = JSON.stringify({ version: ledgerVersion, ...ledger });
  return `${json}\n${checksum(json)}\n`;
}

/**
 * Parses the state file. One of version 1 is a single line.
 *
 * One real line: `{"version":2,"bootId":"eaba2374-e25b-415d-9ab4-2ca963d4d701","position":{"sequence":474},"events":[]}`
 *
 * @throws {ParseError} when the text is not a ledger of these versions, or does not match its checksum.
 */
export function parseLedger(text: string): Ledger {
  const [, json, sum] = /^([^\n]*)\n([\da-f]{64})\n$/.exec(text) ?? [];
  const fields = fieldsOf(parseJson(json ?? text), 'an object');
  const version = json === undefined ? plainVersion : ledgerVersion;
  if (fields.get('version') !== version) {
    throw expected(`version ${ledgerVersion}`);
  }
  if (json !== undefined && sum !== checksum(json)) {
    throw expected('the checksum of what was written');
  }
  const previousBoot = fields.get('previousBoot');
  return {
    ...bootEvents(fields),
    position: logPosition(fieldsOf(fields.get('position'), 'a position')),
    previousBoot:
      previousBoot === undefined
        ? undefined
        : bootEvents(fieldsOf(previousBoot, 'a previous boot')),
  };
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw expected('JSON', error);
  }
}

type Fields = ReadonlyMap<string, unknown>;

function bootEvents(fields: Fields): BootEvents {
  const events = fields.get('events');
  if (!Array.isArray(events)) {
    throw expected('a list of events');
  }
  const counts = events.map((event) => eventCount(fieldsOf(event, 'an event')));
  const series = new Set(
    counts.map(({ device, driver, event }) => JSON.stringify([device, driver, event])),
  );
  if (series.size !== counts.length) {
    throw expected('each event of a device once');
  }
  return { bootId: stringOf(fields.get('bootId'), 'a boot id'), events: counts };
}

function eventCount(fields: Fields): KernelEventCount {
  const event = kernelEventNames.find((name) => name === fields.get('event'));
  const count = optionalInteger(fields.get('count'), 'a count');
  if (event === undefined || count === undefined) {
    throw expected('an event of a known class with its count');
  }
  return {
    device: stringOf(fields.get('device'), 'a device'),
    driver: stringOf(fields.get('driver'), 'a driver'),
    event,
    count,
    lastTimestampSeconds: optionalNumber(fields.get('lastTimestampSeconds'), 'a timestamp'),
  };
}

function logPosition(fields: Fields): LogPosition {
  const cursor = fields.get('cursor');
  return {
    sequence: optionalInteger(fields.get('sequence'), 'a sequence number'),
    cursor: cursor === undefined ? undefined : stringOf(cursor, 'a cursor'),
    timestampMicroseconds: optionalNumber(fields.get('timestampMicroseconds'), 'a timestamp'),
  };
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw expected(what);
  }
  return new Map(Object.entries(value));
}

function stringOf(value: unknown, what: string): string {
  if (typeof value !== 'string') {
    throw expected(what);
  }
  return value;
}

function optionalNumber(value: unknown, what: string): number | undefined {
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value) || value < 0)) {
    throw expected(what);
  }
  return value;
}

function optionalInteger(value: unknown, what: string): number | undefined {
  const number = optionalNumber(value, what);
  if (number !== undefined && !Number.isSafeInteger(number)) {
    throw expected(what);
  }
  return number;
}

function expected(what: string, cause?: unknown): ParseError {
  return new ParseError(1, `expected ${what}`, { cause });
}
