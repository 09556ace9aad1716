import { describe, expect, test } from 'vitest';

import { readKmsgRecording, recordedText } from '../../test/support/recordings.ts';
import { classifyRecord } from '../kernel-log/classify.ts';
import { createHangTracker } from './hang-tracker.ts';
import type { TransmitState } from './hang-tracker.ts';

const bootTimestampSeconds = 1_795_145_580;
/** What waits is not known of most drivers. */
const up: TransmitState = {
  carrier: 1,
  carrierChanges: 2,
  txPackets: 13,
  txBytes: { isAccounted: false, isWaiting: false },
};
const waiting: TransmitState = { ...up, txBytes: { isAccounted: true, isWaiting: true } };

/** One poll of a recorded timeline, at a time since boot. */
interface Poll extends TransmitState {
  readonly uptimeSeconds: number;
}

function recordedPolls(): readonly Poll[] {
  return [
    ...recordedText('hang-eno1-persist.timeline.txt').matchAll(
      / up=(\S+) carrier=(\d) .*carrier_changes=(\d+) .* tx_packets:(\d+) /g,
    ),
  ].map(([, uptime, carrier, carrierChanges, txPackets]) => ({
    ...waiting,
    uptimeSeconds: Number(uptime),
    carrier: Number(carrier),
    carrierChanges: Number(carrierChanges),
    txPackets: Number(txPackets),
  }));
}

/** When the hang records were written, in seconds since boot. */
function recordedHangs(): readonly number[] {
  return readKmsgRecording('hang-eno1-persist')
    .filter((record) => classifyRecord(record)?.event === 'unit_hang')
    .map(({ timestampMicroseconds }) => timestampMicroseconds / 1e6);
}

/** The result of a tracker at each poll, with every hang and every reset as logged. */
function replay(
  timeline: readonly Poll[],
  hangs: readonly number[],
  resets: readonly number[] = [],
): readonly (readonly [uptimeSeconds: number, isHanging: boolean])[] {
  const tracker = createHangTracker();
  return timeline.map(({ uptimeSeconds, ...state }) => {
    const last = hangs.findLast((hang) => hang <= uptimeSeconds);
    const lastHang =
      last === undefined
        ? undefined
        : {
            timestampSeconds: bootTimestampSeconds + last,
            isReset: resets.some((reset) => reset >= last && reset <= uptimeSeconds),
          };
    return [
      uptimeSeconds,
      tracker.isHanging(lastHang, bootTimestampSeconds + uptimeSeconds, state),
    ];
  });
}

/** A poll each second from one second to another, all alike. */
function polls(from: number, to: number, state: TransmitState = up): readonly Poll[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    ...state,
    uptimeSeconds: from + index,
  }));
}

/** The seconds at which the answer changes, and what it is from then on. */
function changes(
  answers: ReturnType<typeof replay>,
): readonly (readonly [uptimeSeconds: number, isHanging: boolean])[] {
  return answers.filter(([, isHanging], index) => isHanging !== (answers[index - 1]?.[1] ?? false));
}

describe('createHangTracker()', () => {
  test('follows a recorded hang from its first record to 30 s after its last', () => {
    const recorded = recordedPolls();
    const hangs = recordedHangs();
    expect(recorded.at(-1)).toMatchObject({ uptimeSeconds: 121.85, carrier: 1, txPackets: 15 });
    expect([hangs.length, hangs[0], hangs.at(-1)]).toEqual([9, 54.069105, 100.064876]);
    // Nothing more happened: the device stays as it was at the end of the recording.
    const later = polls(122, 160, { ...waiting, carrierChanges: 8, txPackets: 15 });
    expect(changes(replay([...recorded, ...later], hangs))).toEqual([
      [54.27, true],
      [131, false],
    ]);
  });

  test.each([
    ['never sends again: it hangs on', up, []],
    ['has sent something', { ...up, txPackets: 14 }, [[130, false]]],
    ['has a counter that was reset', { ...up, txPackets: 0 }, [[130, false]]],
    ['has no carrier', { ...up, carrier: 0 }, [[130, false]]],
    ['has a counter that cannot be read now', { ...up, txPackets: undefined }, []],
    ['has a carrier that cannot be read now', { ...up, carrier: undefined }, []],
    ['had a link that went and came back', { ...up, carrierChanges: 4 }, [[130, false]]],
    [
      'has no bytes in flight',
      { ...up, txBytes: { isAccounted: true, isWaiting: false } },
      [[130, false]],
    ],
    ['has bytes in flight', waiting, []],
    ['has queues that cannot be read now', { ...up, txBytes: undefined }, []],
  ])('says from 30 s after the last record of a device that %s', (_what, state, expected) => {
    const answers = replay([...polls(100, 105), ...polls(106, 400, state)], [100]);
    expect(changes(answers)).toEqual([[100, true], ...expected]);
  });

  test('ends a hang when packets are sent, even if the counter stops again later', () => {
    const sent = { ...up, txPackets: 14 };
    const answers = replay([...polls(100, 101), ...polls(102, 400, sent)], [100]);
    expect(changes(answers).at(-1)).toEqual([130, false]);
  });

  test('copes with a counter that could not be read at the time of the record', () => {
    const unreadable = { ...up, txPackets: undefined };
    const answers = replay(
      [
        ...polls(100, 101, unreadable),
        ...polls(102, 200),
        ...polls(201, 300, { ...up, txPackets: 20 }),
      ],
      [100],
    );
    expect(changes(answers)).toEqual([
      [100, true],
      [201, false],
    ]);
  });

  test.each([
    ['was reset after its last record', [102], [[130, false]]],
    ['was reset before its last record', [99], []],
  ])('says from 30 s after the last record of a device that %s', (_what, resets, expected) => {
    const answers = replay(polls(100, 400), [100], resets);
    expect(changes(answers)).toEqual([[100, true], ...expected]);
  });

  test('reports a hang throughout repeated hangs and resets', () => {
    const times = Array.from({ length: 60 }, (_, index) => 100 + 10 * index);
    const resets = times.map((time) => time + 6);
    expect(changes(replay(polls(100, 800), times, resets))).toEqual([
      [100, true],
      [720, false],
    ]);
  });

  test('ends a hang when a reset empties the queues, which also ends their accounting', () => {
    const answers = replay([...polls(100, 105, waiting), ...polls(106, 400)], [100]);
    expect(changes(answers)).toEqual([
      [100, true],
      [130, false],
    ]);
  });

  test('starts over with each record', () => {
    const moved = { ...up, txPackets: 15 };
    const answers = replay([...polls(100, 104), ...polls(105, 400, moved)], [100, 106]);
    // Something was sent between both records, nothing since the second.
    expect(changes(answers)).toEqual([[100, true]]);
  });

  test('reports a new hang after a recovery', () => {
    const sending = { ...up, txPackets: 14 };
    const hung = { ...up, txPackets: 15 };
    const answers = replay(
      [...polls(100, 104), ...polls(105, 199, sending), ...polls(200, 300, hung)],
      [100, 200],
    );
    expect(changes(answers)).toEqual([
      [100, true],
      [130, false],
      [200, true],
    ]);
  });

  test.each([
    ['30 s old', 130, []],
    ['days old', 300_000, []],
    ['29 s old', 129, [[129, true]]],
  ])('takes a record that is %s when it is first seen for what it is', (_age, from, expected) => {
    expect(changes(replay(polls(from, from + 100), [100]))).toEqual(expected);
  });

  test('reports no hang for a device without a record', () => {
    expect(changes(replay(polls(0, 100), []))).toEqual([]);
  });
});
