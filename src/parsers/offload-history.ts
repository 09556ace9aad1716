import { ParseError } from '../model/errors.ts';
import { changeCauses } from '../model/offload-history.ts';
import type { DeviceHistory, KeptState } from '../model/offload-history.ts';

/** Version of the file format. */
const historyVersion = 1;

/** Formats histories for {@link parseOffloadHistory}: one line of JSON. */
export function formatOffloadHistory(histories: Iterable<DeviceHistory>): string {
  const devices = [...histories].map(({ features, ...device }) => ({
    ...device,
    features: Object.fromEntries(features),
  }));
  return `${JSON.stringify({ version: historyVersion, devices })}\n`;
}

/**
 * Parses the state file of the offload features.
 *
 * One real line: `{"version":1,"devices":[{"device":"0000:00:1f.6","bootId":"eaba2374-e25b-415d-9ab4-2ca963d4d701","interfaceIndex":2,"features":{"rx-gro":{"enabled":false,"sinceSeconds":1763760000,"cause":"switched","kept":3}}}]}`
 *
 * @throws {ParseError} for anything else.
 */
export function parseOffloadHistory(text: string): readonly DeviceHistory[] {
  const file = fieldsOf(parseJson(text));
  const devices = file.get('devices');
  if (file.get('version') !== historyVersion || !Array.isArray(devices)) {
    throw expected(`devices of version ${historyVersion}`);
  }
  return devices.map((value: unknown) => {
    const fields = fieldsOf(value);
    const device = fields.get('device');
    const bootId = fields.get('bootId');
    const interfaceIndex = fields.get('interfaceIndex');
    if (
      typeof device !== 'string' ||
      typeof bootId !== 'string' ||
      typeof interfaceIndex !== 'number'
    ) {
      throw expected('a device with bootId and interfaceIndex');
    }
    const features = [...fieldsOf(fields.get('features'))].map(
      ([name, state]) => [name, keptState(fieldsOf(state))] as const,
    );
    return { device, bootId, interfaceIndex, features: new Map(features) };
  });
}

function keptState(fields: ReadonlyMap<string, unknown>): KeptState {
  const enabled = fields.get('enabled');
  const sinceSeconds = fields.get('sinceSeconds');
  const kept = fields.get('kept');
  const cause = changeCauses.find((name) => name === fields.get('cause'));
  if (
    typeof enabled !== 'boolean' ||
    typeof sinceSeconds !== 'number' ||
    typeof kept !== 'number' ||
    cause === undefined
  ) {
    throw expected('the state of a feature');
  }
  return { enabled, sinceSeconds, cause, kept };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw expected('JSON', error);
  }
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw expected('an object');
  }
  return new Map(Object.entries(value));
}

function expected(what: string, cause?: unknown): ParseError {
  return new ParseError(1, `expected ${what}`, { cause });
}
