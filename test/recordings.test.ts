import { expect, test } from 'vitest';

import { classifyRecord } from '../src/kernel-log/classify.ts';
import { readKmsgRecording, recordedText } from './support/recordings.ts';

test('a recorded hang of an e1000e is hangs, a timeout and a reset, three times over', () => {
  const events = readKmsgRecording('hang-eno1-persist').flatMap(
    (record) => classifyRecord(record) ?? [],
  );
  const hang = 'unit_hang';
  const end = ['tx_timeout', 'adapter_reset'];
  expect(events.map(({ event }) => event)).toEqual([
    ...Array.from({ length: 2 }, () => [hang, hang, hang, hang, ...end]).flat(),
    hang,
    ...end,
  ]);
  expect(new Set(events.map(({ device }) => device))).toEqual(new Set(['eno1']));
  expect(new Set(events.map(({ driver }) => driver))).toEqual(new Set(['e1000e']));
});

test('one record of many lines is one event', () => {
  const raw = recordedText('kmsg/hang-eno1-persist.kmsg.raw');
  const [first] = readKmsgRecording('hang-eno1-persist');
  expect(first?.text.split('\n')).toHaveLength(15);
  expect(raw.match(/Detected Hardware Unit Hang/g)).toHaveLength(9);
});
