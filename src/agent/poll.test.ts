import { describe, expect, test } from 'vitest';

import { configFrom } from '../../test/support/scrape.ts';
import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import type { Poll, ReadSubject, WatchedDevice } from '../collectors/collector.ts';
import { ParseError, SourceError } from '../model/errors.ts';
import { createPoll } from './poll.ts';
import type { RecordedPoll } from './poll.ts';

const { devices } = await createPolls(
  createRecordedHost('debian-6.12.95-qemu'),
  configFrom(['--device.include=eno1|ens3']),
)();
const [eno1] = devices;

function pollOf(list: () => readonly WatchedDevice[] = () => devices): RecordedPoll {
  return createPoll({ listDevices: list, nowSeconds: 7, readFile: async (path) => path });
}

const statistics: ReadSubject = { device: eno1, read: 'statistics' };

function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** What could not be read of eno1. */
function failuresOf(poll: RecordedPoll): unknown {
  return Object.fromEntries(poll.failures.get('eno1') ?? []);
}

describe('createPoll()', () => {
  test('has the devices and its options', async () => {
    const poll = pollOf();
    expect(poll.devices.map(({ name }) => name)).toEqual(['eno1', 'ens3']);
    expect(poll.watched).toBe(poll.devices);
    expect(poll.nowSeconds).toBe(7);
    expect(await poll.readFile('/proc/stat')).toBe('/proc/stat');
    expect(poll.failures).toEqual(new Map());
  });

  test('throws on each access if the devices cannot be listed', () => {
    const denied = new SourceError('denied', 'cannot list "/sys/class/net": EACCES');
    const poll = pollOf(() => {
      throw denied;
    });
    expect(() => poll.devices).toThrow(denied);
    expect(() => poll.devices).toThrow(denied);
    expect(poll.watched).toEqual([]);
    expect(poll.failures).toEqual(new Map());
  });

  test('passes an unexpected error of listing on', () => {
    const mistake = new TypeError('x is not a function');
    expect(() =>
      pollOf(() => {
        throw mistake;
      }),
    ).toThrow(mistake);
  });
});

const denied = new SourceError('denied', 'no');

/** Both ways to attempt a read. */
const attempts: readonly (readonly [
  name: string,
  attempt: (poll: RecordedPoll, read: () => unknown) => Promise<unknown>,
])[] = [
  ['attempt', async (poll, read) => poll.attempt(statistics, read)],
  ['attemptLater', async (poll, read) => poll.attemptLater(statistics, async () => read())],
];

describe.each(attempts)('%s()', (_name, attempt) => {
  test('returns the value, and records nothing', async () => {
    const poll = pollOf();
    expect(await attempt(poll, () => 3)).toBe(3);
    expect(poll.failures).toEqual(new Map());
  });

  test.each(['absent', 'unsupported'] as const)('takes %s for an answer', async (reason) => {
    const poll = pollOf();
    const error = new SourceError(reason, 'nothing there');
    expect(await attempt(poll, failing(error))).toBeUndefined();
    expect(poll.failures).toEqual(new Map());
  });

  test.each([
    denied,
    new SourceError('timeout', 'no answer'),
    new SourceError('failed', 'no'),
    new ParseError(1, 'expected a number'),
  ])('isolates a failure: $name, $reason', async (error) => {
    const poll = pollOf();
    expect(await attempt(poll, failing(error))).toBeUndefined();
    expect(failuresOf(poll)).toEqual({ statistics: error });
  });

  test('passes an unexpected error on', async () => {
    const poll = pollOf();
    const mistake = new TypeError('x is not a function');
    await expect(attempt(poll, failing(mistake))).rejects.toBe(mistake);
    expect(failuresOf(poll)).toEqual({});
  });

  test('records the first failure of a read that several collectors attempt', async () => {
    const error = new SourceError('timeout', 'no answer');
    const poll = pollOf();
    await attempt(poll, () => 1);
    await attempt(poll, failing(error));
    await attempt(poll, () => 1);
    await attempt(poll, failing(denied));
    expect(poll.failures).toEqual(new Map([['eno1', new Map([['statistics', error]])]]));
  });
});

describe('attempt()', () => {
  test('records failures by device and read', () => {
    const poll = pollOf();
    poll.attempt({ device: devices[1], read: 'features' }, failing(denied));
    poll.attempt({ device: undefined, read: 'procfs' }, failing(denied));
    poll.attempt({ device: devices[1], read: 'sysfs' }, failing(denied));
    expect(poll.failures).toEqual(
      new Map([
        [
          'ens3',
          new Map([
            ['features', denied],
            ['sysfs', denied],
          ]),
        ],
        [undefined, new Map([['procfs', denied]])],
      ]),
    );
  });
});

describe('report()', () => {
  test('records the outcome of a read made elsewhere', () => {
    const poll = pollOf();
    const error = new SourceError('denied', 'no CAP_SYSLOG');
    poll.report({ device: undefined, read: 'kmsg', error });
    poll.report({ device: undefined, read: 'journal', error: undefined });
    expect(poll.failures).toEqual(new Map([[undefined, new Map([['kmsg', error]])]]));
  });
});

describe('driverInfo()', () => {
  test('returns the last known driver information if the driver does not answer, and records the failure', () => {
    if (eno1 === undefined) {
      throw new Error('the recorded host has no eno1');
    }
    const error = new SourceError('timeout', 'no answer');
    const known = eno1.driverInfo();
    const poll = pollOf();
    expect(known.driver).toBe('e1000e');
    expect(poll.driverInfo(eno1)).toBe(known);
    expect(failuresOf(poll)).toEqual({});
    const stuck = { ...eno1, driverInfo: failing(error) };
    expect(poll.driverInfo({ ...stuck, lastDriverInfo: () => known })).toBe(known);
    expect(poll.driverInfo({ ...stuck, lastDriverInfo: () => undefined })).toBeUndefined();
    expect(failuresOf(poll)).toEqual({ driver_info: error });
  });
});

describe('forCollector()', () => {
  const failed = new SourceError('failed', 'ethtool: command not found (ENOENT)');
  const late = new SourceError('timeout', 'no answer');

  test.each<readonly [string, (poll: Poll) => unknown, SourceError | undefined]>([
    ['attempts nothing', () => {}, undefined],
    ['reads all it attempts', (poll) => poll.attempt(statistics, () => 1), undefined],
    [
      'reads nothing of what it attempts',
      (poll) => poll.attempt(statistics, failing(failed)),
      failed,
    ],
    [
      'reads some of what it attempts',
      (poll) => {
        poll.attempt(statistics, failing(failed));
        poll.attempt(statistics, () => 1);
      },
      undefined,
    ],
    [
      'finds that there is nothing to read',
      (poll) => {
        poll.attempt(statistics, failing(failed));
        poll.attempt(statistics, failing(new SourceError('unsupported', 'none')));
      },
      undefined,
    ],
    [
      'reads some of what it attempts later',
      async (poll) => {
        poll.attempt(statistics, failing(failed));
        await poll.attemptLater(statistics, async () => 1);
      },
      undefined,
    ],
    ['waits for an answer', (poll) => poll.attempt(statistics, failing(late)), undefined],
    [
      'says itself that it is blind',
      (poll) => {
        poll.attempt(statistics, () => 1);
        poll.fail(failed);
      },
      failed,
    ],
  ])('returns the problem of a collector that %s', async (_what, collect, expected) => {
    const { poll, problem } = pollOf().forCollector();
    expect(poll.devices).toBe(devices);
    await collect(poll);
    expect(problem()).toBe(expected);
  });

  test('ignores what other collectors read', () => {
    const recorded = pollOf();
    const [blind, seeing] = [recorded.forCollector(), recorded.forCollector()];
    seeing.poll.attempt(statistics, () => 1);
    blind.poll.attempt(statistics, failing(failed));
    expect([blind.problem(), seeing.problem()]).toEqual([failed, undefined]);
    expect(failuresOf(recorded)).toEqual({ statistics: failed });
  });
});
