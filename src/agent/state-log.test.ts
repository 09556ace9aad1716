import { pino } from 'pino';
import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import type { Failures } from './poll.ts';
import type { CollectorState } from './snapshot.ts';
import { createStateLog } from './state-log.ts';

const stuck = new SourceError('timeout', 'no answer');

/** What a poll has come to: how collectors ended, which devices were looked at, and what could not be read. */
interface Polled {
  readonly states?: readonly CollectorState[];
  readonly devices?: readonly string[];
  readonly failures?: Failures;
}

function state(name: string, change: Partial<CollectorState>): CollectorState {
  return {
    name,
    families: [],
    error: undefined,
    durationSeconds: 0,
    lastSuccessTimestampSeconds: undefined,
    ...change,
  };
}

/** Failures in which the features of a device, or something of the host, could not be read. */
function failing(device: string | undefined, error?: SourceError): Failures {
  return error === undefined ? new Map() : new Map([[device, new Map([['features', error]])]]);
}

/** What is logged as one poll follows another. */
function logged(polls: readonly Polled[]): readonly string[] {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
  const logChanges = createStateLog(log);
  for (const { states = [], devices = ['eno1'], failures = new Map() } of polls) {
    logChanges({ states, devices, failures });
  }
  return lines.map((line) => line.trim().replaceAll('"', ''));
}

describe('createStateLog()', () => {
  test('logs a failed read and its recovery', () => {
    const polls = [undefined, stuck, stuck, undefined].map((error) => ({
      failures: failing('eno1', error),
    }));
    expect(logged(polls)).toEqual([
      '{level:40,read:features,device:eno1,msg:no answer}',
      '{level:30,read:features,device:eno1,msg:recovered}',
    ]);
  });

  test('names no device for a read of the host', () => {
    const polls = [stuck, undefined].map((error) => ({ failures: failing(undefined, error) }));
    expect(logged(polls)).toEqual([
      '{level:40,read:features,msg:no answer}',
      '{level:30,read:features,msg:recovered}',
    ]);
  });

  test('logs an error of several collectors once', () => {
    const error = new SourceError('failed', 'no sysfs');
    const lines = logged([
      { states: [state('device', { error }), state('offload', { error })] },
      { states: [state('device', {}), state('offload', {})] },
    ]);
    expect(lines).toEqual([
      '{level:40,collector:device,offload,msg:no sysfs}',
      '{level:30,collector:device,offload,msg:recovered}',
    ]);
  });

  test('logs each error, and its recovery while another one lasts', () => {
    const sysfs = { error: new SourceError('failed', 'no sysfs') };
    const procfs = { error: new SourceError('failed', 'no procfs') };
    const lines = logged([
      { states: [state('device', sysfs), state('stack', procfs)] },
      { states: [state('device', {}), state('stack', procfs)] },
    ]);
    expect(lines).toEqual([
      '{level:40,collector:device,msg:no sysfs}',
      '{level:40,collector:stack,msg:no procfs}',
      '{level:30,collector:device,msg:recovered}',
    ]);
  });

  test('does not log a recovery of a device that is gone, or was not read', () => {
    const stuckPoll = { states: [state('offload', {})], failures: failing('eno1', stuck) };
    const gone = { states: [state('offload', {})], devices: ['ens3'] };
    const looking = { states: [state('offload', { error: new Error('no sysfs') })] };
    expect(logged([stuckPoll, gone])).toHaveLength(1);
    expect(logged([stuckPoll, looking, stuckPoll])).toEqual([
      '{level:40,read:features,device:eno1,msg:no answer}',
      '{level:40,collector:offload,msg:no sysfs}',
      '{level:30,collector:offload,msg:recovered}',
    ]);
  });

  test('logs a new failure of a device that was gone', () => {
    const lines = logged([
      { failures: failing('eno1', stuck) },
      { devices: [] },
      { failures: failing('eno1', stuck) },
    ]);
    expect(lines).toEqual([
      '{level:40,read:features,device:eno1,msg:no answer}',
      '{level:40,read:features,device:eno1,msg:no answer}',
    ]);
  });

  test.each([
    { count: 10, device: 'eth0,eth1,eth2,eth3,eth4,eth5,eth6,eth7,eth8,eth9' },
    { count: 12, device: 'eth0,eth1,eth2,eth3,eth4,eth5,eth6,eth7,eth8,eth9 and 2 more' },
  ])(
    'logs one line for $count devices with the same error, and none for the collector',
    ({ count, device }) => {
      const missing = new SourceError('failed', 'ethtool: command not found (ENOENT)');
      const names = Array.from({ length: count }, (_, index) => `eth${index}`);
      const failures = new Map(
        names.map((name) => [name, new Map([['features', missing] as const])] as const),
      );
      const lines = logged([
        { states: [state('offload', { error: missing })], devices: names, failures },
      ]);
      expect(lines).toEqual([`{level:40,read:features,device:${device},msg:${missing.message}}`]);
    },
  );

  test('logs a recovery while a collector fails for another reason', () => {
    const blind = {
      states: [state('kernel-log', { error: stuck })],
      failures: failing(undefined, stuck),
    };
    const both = new Map([
      ...failing(undefined, stuck),
      ...failing('eno1', new SourceError('failed', 'EIO')),
    ]);
    expect(logged([blind, { ...blind, failures: both }, blind])).toEqual([
      '{level:40,read:features,msg:no answer}',
      '{level:40,read:features,device:eno1,msg:EIO}',
      '{level:30,read:features,device:eno1,msg:recovered}',
    ]);
  });
});
