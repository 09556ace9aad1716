import { pino } from 'pino';
import { describe, expect, test } from 'vitest';

import type { ReadOutcome } from '../collectors/collector.ts';
import { SourceError } from '../model/errors.ts';
import type { CollectorState } from './collector-state.ts';
import { createStateLog } from './state-log.ts';

const stuck = new SourceError('timeout', 'no answer');

function state(name: string, change: Partial<CollectorState>): CollectorState {
  return {
    name,
    families: [],
    outcomes: [],
    error: undefined,
    durationSeconds: 0,
    lastSuccessTimestampSeconds: undefined,
    ...change,
  };
}

function features(device: string, error?: SourceError): ReadOutcome {
  return { device, read: 'features', error };
}

/** What is logged as one poll follows another. */
function logged(polls: readonly (readonly CollectorState[])[]): readonly string[] {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
  const logChanges = createStateLog(log);
  for (const states of polls) {
    logChanges(states);
  }
  return lines.map((line) => line.trim().replaceAll('"', ''));
}

describe('createStateLog()', () => {
  test('logs the beginning and the end of a failed read', () => {
    const polls = [undefined, stuck, stuck, undefined].map((error) => [
      state('offload', { outcomes: [features('eno1', error)] }),
    ]);
    expect(logged(polls)).toEqual([
      '{level:40,read:features,device:eno1,msg:no answer}',
      '{level:30,read:features,device:eno1,msg:recovered}',
    ]);
  });

  test('logs a read once that several collectors make', () => {
    const outcomes = [features('eno1', stuck)];
    const lines = logged([[state('offload', { outcomes }), state('issues', { outcomes })]]);
    expect(lines).toEqual(['{level:40,read:features,device:eno1,msg:no answer}']);
  });

  test('logs once what fails several collectors', () => {
    const error = new SourceError('failed', 'no sysfs');
    const lines = logged([
      [state('device', { error }), state('offload', { error })],
      [state('device', {}), state('offload', {})],
    ]);
    expect(lines).toEqual([
      '{level:40,collector:device,offload,msg:no sysfs}',
      '{level:30,collector:device,offload,msg:recovered}',
    ]);
  });

  test('does not say that a device has recovered which is gone, or which nobody has looked at', () => {
    const failing = [state('offload', { outcomes: [features('eno1', stuck)] })];
    const gone = [state('offload', { outcomes: [features('ens3')] })];
    const looking = [state('offload', { error: new Error('no sysfs') })];
    expect(logged([failing, gone])).toHaveLength(1);
    expect(logged([failing, looking, failing])).toEqual([
      '{level:40,read:features,device:eno1,msg:no answer}',
      '{level:40,collector:offload,msg:no sysfs}',
      '{level:30,collector:offload,msg:recovered}',
    ]);
  });
});
