import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseDurationSeconds } from '../src/config/flag-values.ts';
import { parseKnownIssues } from '../src/config/known-issues.ts';
import { classifyRecord } from '../src/kernel-log/classify.ts';
import { parseWebConfig } from '../src/web-config/web-config.ts';
import { createExpositionRenderer } from '../src/metrics/exposition.ts';
import { gauge } from '../src/metrics/metric.ts';
import { ConfigError, ParseError } from '../src/model/errors.ts';
import { kernelEventNames } from '../src/model/kernel-event.ts';
import type { Ledger } from '../src/model/ledger.ts';
import { parseEthtoolDriverInfo } from '../src/parsers/ethtool-driver-info.ts';
import { parseEthtoolFeatures } from '../src/parsers/ethtool-features.ts';
import { parseEthtoolTxRingSize } from '../src/parsers/ethtool-rings.ts';
import { parseEthtoolStatistics } from '../src/parsers/ethtool-statistics.ts';
import {
  decodeDriverInfo,
  decodeFeatures,
  decodeStatistics,
  decodeStrings,
  ethtoolLayout,
  writeU32,
} from '../src/parsers/ethtool-structs.ts';
import { groupFeatures } from '../src/parsers/feature-groups.ts';
import { parseHangRegisters } from '../src/parsers/hang-registers.ts';
import { parseJournalRecord } from '../src/parsers/journal-record.ts';
import { parseKernelMessage } from '../src/parsers/kernel-message.ts';
import { parseKmsgRecord } from '../src/parsers/kmsg.ts';
import { formatLedger, parseLedger } from '../src/parsers/ledger.ts';
import { parseLinkMessage } from '../src/parsers/link-message.ts';
import { parseBootTimestampSeconds, parseInteger, parseLinkSpeed } from '../src/parsers/number.ts';
import { parseProcNetDev } from '../src/parsers/proc-net-dev.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from '../src/parsers/proc-net.ts';
import { parseSubjectAltNames } from '../src/parsers/subject-alt-names.ts';
import { parseFirmwareVersion, parseKernelVersion } from '../src/parsers/version.ts';
import { encodeDatagram, maxDatagrams, parseDatagram } from '../src/probe/datagram.ts';
import { encodeFrame, parseFrame } from '../src/probe/frame.ts';
import { kernelRecord } from './support/kernel-record.ts';
import { debianHost, recordedPath, recordedText, splitKmsg } from './support/recordings.ts';

const kmsgRecords = readdirSync(recordedPath(debianHost, 'kmsg')).flatMap((name) =>
  splitKmsg(recordedText(`kmsg/${name}`)),
);
/** Of Linux 6.18. */
const procNetDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 287599669  142927    0    0    0     0          0         0 287599669  142927    0    0    0     0       0          0
  eth0: 1948762871   75946    0    0    0     0          0         0  5889727   52540    0    0    0     0       0          0
`;

const probeKey = Buffer.alloc(32, 1);
const probeSession = { session: Buffer.alloc(8, 2), key: probeKey };

interface ParserCase {
  readonly name: string;
  readonly recordings: readonly string[];
  /** Parses the text, and says whether the model keeps what its type promises. */
  readonly isSound: (text: string) => boolean;
}

const parserCases: readonly ParserCase[] = [
  {
    name: 'parseEthtoolStatistics',
    recordings: recordedOutputs('S'),
    isSound: (text) =>
      parseEthtoolStatistics(text).every(
        ({ name, value }) => text.includes(name) && value >= 0n && value < 2n ** 64n,
      ),
  },
  {
    name: 'parseEthtoolFeatures',
    recordings: recordedOutputs('k'),
    isSound: (text) => {
      const features = parseEthtoolFeatures(text);
      const lines = text.split('\n').filter((line) => line !== '');
      return (
        features.length === lines.length - 1 &&
        features.every(
          ({ name, enabled }, index) =>
            lines[index + 1]?.trimStart().startsWith(`${name.trimStart()}: `) === true &&
            typeof enabled === 'boolean',
        )
      );
    },
  },
  {
    name: 'parseEthtoolDriverInfo',
    recordings: recordedOutputs('i'),
    isSound: (text) =>
      Object.values(parseEthtoolDriverInfo(text)).every(
        (value) => value === undefined || (value !== '' && text.includes(value)),
      ),
  },
  {
    name: 'parseKmsgRecord',
    recordings: kmsgRecords,
    isSound: (text) => {
      const { sequence = -1, timestampMicroseconds, facility, level } = parseKmsgRecord(text);
      return (
        [sequence, timestampMicroseconds, facility, level].every(isNatural) &&
        level < 8 &&
        text.startsWith(`${facility * 8 + level},`)
      );
    },
  },
  {
    name: 'parseKernelMessage',
    recordings: kmsgRecords.map((record) => parseKmsgRecord(record).text),
    isSound: (text) => {
      const [line = ''] = text.split('\n', 1);
      return [undefined, '+pci:0000:00:03.0', 'n8'].every((dictionaryDevice) => {
        const readings = parseKernelMessage({ text, device: dictionaryDevice });
        return (
          readings.at(-1)?.message === line &&
          readings.every(
            ({ device = 'eth0', message }) =>
              /^[^\s:/]{1,15}$/.test(device) && line.endsWith(message),
          )
        );
      });
    },
  },
  {
    name: 'classifyRecord',
    recordings: kmsgRecords.map((record) => parseKmsgRecord(record).text),
    isSound: (text) =>
      [undefined, '+pci:0000:00:03.0', 'n8'].every((dictionaryDevice) => {
        const { event, device = 'eth0' } =
          classifyRecord(kernelRecord(text, { device: dictionaryDevice })) ?? {};
        return (
          (event === undefined || kernelEventNames.includes(event)) &&
          /^[^\s/]+$/.test(device) &&
          (device === 'eth0' || text.includes(device))
        );
      }),
  },
  {
    name: 'decodeStrings',
    recordings: [recordedOutputs('S').join('')],
    isSound: (text) => hasSoundStructs(Buffer.from(text)),
  },
  {
    name: 'parseLinkMessage',
    recordings: ['\0'.repeat(31)],
    isSound: (text) => isNatural(parseLinkMessage(Buffer.from(text)) ?? 0),
  },
  {
    name: 'parseSubjectAltNames',
    recordings: [
      'DNS:a.example, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.example, URI:spiffe://x/y',
      'DNS:"a, DNS:b", othername:<unsupported>, IP Address:192.0.2.1, DNS:"\\u0000\\"\\\\"',
    ],
    isSound: (text) => parseSubjectAltNames(text).every((name) => typeof name === 'string'),
  },
  {
    name: 'parseKernelVersion',
    recordings: ['6.12.95+deb12-amd64', '3.10.0-1062.el7.x86_64'],
    isSound: (text) => (parseKernelVersion(text) ?? [0]).every(isNatural),
  },
  {
    name: 'parseFirmwareVersion',
    recordings: ['8.30 0x8000a49d 1.2926.0', '0x8000184d', '5719-v1.46'],
    isSound: (text) => (parseFirmwareVersion(text) ?? [0]).every(isNatural),
  },
  {
    name: 'parseJournalRecord',
    recordings: kmsgRecords.slice(0, 50).map(journalLine),
    isSound: (text) => {
      const record = parseJournalRecord(text);
      const { timestampMicroseconds, realtimeMicroseconds = 0, facility, level } = record;
      return (
        [timestampMicroseconds, realtimeMicroseconds, level].every(isNatural) &&
        // Nobody's record is none of the kernel.
        (Number.isNaN(facility) || isNatural(facility)) &&
        (facility !== 0 || /"0+"/.test(text)) &&
        typeof record.cursor === 'string' &&
        typeof record.text === 'string'
      );
    },
  },
  {
    name: 'parseLedger',
    recordings: [
      '{"version":1,"bootId":"eaba2374-e25b-415d-9ab4-2ca963d4d701","position":{"sequence":474},"events":[]}\n',
      formatLedger({
        bootId: 'eaba2374-e25b-415d-9ab4-2ca963d4d701',
        position: { sequence: 474, cursor: 's=6c1;i=1da', timestampMicroseconds: 105_081_264 },
        events: [
          {
            device: 'eno1',
            driver: 'e1000e',
            event: 'unit_hang',
            count: 9,
            lastTimestampSeconds: 1_795_145_680.064876,
          },
        ],
        previousBoot: { bootId: '5e3b2f4c-1d7a-4b5e-9c3d-2a1f0e9d8c7b', events: [] },
      }),
    ],
    // What was read is written again one day, and then has to be read again.
    isSound: (text) => {
      const ledger = parseLedger(text);
      return isDeepStrictEqual(parseLedger(formatLedger(ledger)), ledger);
    },
  },
  {
    name: 'parseKnownIssues',
    recordings: [
      'known_issues:\n  - id: a\n    driver: e1000e\n    kernel: { below: 6.1 }\n    severity: info\n    symptom: b\n    mitigation: c\n',
    ],
    isSound: (text) =>
      parseKnownIssues(text, { file: 'file', taken: new Set() }).every(
        ({ id, drivers, symptom }) =>
          /^[a-z\d-]+$/.test(id) && drivers.length === 1 && symptom !== '',
      ),
  },
  {
    name: 'parseWebConfig',
    recordings: [
      'tls_server_config: &a\n  cert_file: a\n  key_file: b\nrate_limit: { interval: 1s, burst: 2 }\n',
    ],
    isSound: (text) => (parseWebConfig(text, 'file').rateLimit?.burst ?? 1) > 0,
  },
  {
    name: 'parseHangRegisters',
    recordings: kmsgRecords.map((record) => parseKmsgRecord(record).text),
    isSound: (text) => hasSoundRegisters(text),
  },
  {
    name: 'parseEthtoolTxRingSize',
    recordings: recordedOutputs('g'),
    isSound: (text) => isNatural(parseEthtoolTxRingSize(text)),
  },
  {
    name: 'parseProcNetDev',
    recordings: [procNetDev],
    isSound: (text) =>
      [...parseProcNetDev(text)].every(
        ([name, { rxPackets, txPackets }]) =>
          name !== '' &&
          text.includes(`${name}:`) &&
          // Up to 20 digits, which are more than a number holds exactly.
          [rxPackets, txPackets].every((packets) => Number.isInteger(packets) && packets >= 0),
      ),
  },
  {
    name: 'parseProcNetSnmp',
    recordings: [recordedText('proc/net/snmp'), recordedText('proc/net/netstat')],
    isSound: (text) => [...parseProcNetSnmp(text, 'InCsumErrors').values()].every(Number.isInteger),
  },
  {
    name: 'parseProcNetSnmp6',
    recordings: [recordedText('proc/net/snmp6')],
    isSound: (text) =>
      [...parseProcNetSnmp6(text, 'InCsumErrors').values()].every(Number.isInteger),
  },
  {
    name: 'parseFrame',
    recordings: (['hello', 'ready', 'report'] as const).map((type) =>
      encodeFrame(
        {
          type,
          name: 'node-1',
          nonce: Buffer.alloc(16, 1),
          segments: { sent: 2, retransmitted: 1 },
        },
        { key: probeKey, sequence: 0 },
      ).toString('latin1'),
    ),
    isSound: (text) => hasSoundFrame(Buffer.from(text, 'latin1')),
  },
  {
    name: 'parseDatagram',
    recordings: (['small', 'large'] as const).map((size) =>
      encodeDatagram({ kind: 'request', size, sequence: 7 }, probeSession).toString('latin1'),
    ),
    isSound: (text) => hasSoundDatagram(Buffer.from(text, 'latin1')),
  },
  {
    name: 'parseBootTimestampSeconds',
    recordings: [recordedText('proc/stat')],
    isSound: (text) => isNatural(parseBootTimestampSeconds(text)),
  },
  {
    name: 'parseInteger',
    recordings: [
      recordedText('sys/class/net/eno1/ifindex'),
      recordedText('sys/class/net/ens5/speed'),
    ],
    isSound: (text) => Number.isInteger(parseInteger(text)),
  },
  {
    name: 'parseLinkSpeed',
    recordings: [
      recordedText('sys/class/net/eno1/speed'),
      recordedText('sys/class/net/ens5/speed'),
    ],
    isSound: (text) => Number.isInteger(parseLinkSpeed(text) ?? 0),
  },
];

/** Inputs for all parsers together; `npm run fuzz` makes more of them. */
const fuzzInputs = Number(process.env['NICWATCH_FUZZ_INPUTS'] ?? 20_000);
const maxLineMilliseconds = 5;

/** Texts of one piece over and over, behind a start that leads the parser into its loop. */
const longTexts = [
  { start: '', pieces: ['\n', ' ', ':', ': ', '0', '-', 'a ', ' 0', '(', ' (a)', 'a:1:', '\t'] },
  { start: 'NIC statistics:\n', pieces: ['     x\n', '     x', '     x: 1\n', ': 1', ' : '] },
  { start: 'Features for eth0:\na: on\n', pieces: ['a: on\n', '\ta: on\n', 'a', ' [fixed]'] },
  { start: '3,1,2,-;a 0', pieces: ['\\x', '\\x0a', ' A=b\n', '\n A=b', '0 ', '0(a): '] },
  { start: 'Hang:\n', pieces: ['TDH <d>\n', 'TDH <d>\n\n', 'TDH, TDT <d>, ', '  TDH <'] },
  { start: 'TX:\n', pieces: ['Current hardware settings:\n', 'TX:\n', 'TX:\t1\t\n'] },
  { start: '{"MESSAGE":', pieces: ['[', '{"":', '"a",', '1e9'] },
  { start: 'titles\ntitles\n', pieces: ['eth0: ', ' 0', 'eth0: 1 2', 'a: 0 0 0 0 0 0 0 0 0\n'] },
  { start: 'Udp:', pieces: [' a', ' a\nUdp:', ' 1\nUdp: 1\nUdp:'] },
].flatMap(({ start, pieces }) => pieces.map((piece) => ({ start, piece })));

describe.each(parserCases)('$name', ({ name, recordings, isSound }) => {
  test(`${name}() reads a recording, or rejects it with an error that has the line`, () => {
    const outcomes = recordings.map((text) => outcomeOf(isSound, text));
    expect(outcomes).toContain('sound');
    expect(new Set(outcomes)).not.toContain('unsound');
  });

  const recording = fc.constantFrom(...recordings);
  test.each([
    { inputs: 'any text', texts: anyText() },
    { inputs: 'truncated recordings', texts: truncated(recording) },
    { inputs: 'recordings with lines repeated, lost and shuffled', texts: shuffled(recording) },
    { inputs: 'recordings with changed bytes', texts: mutated(recording) },
  ])(`${name}() gives a model or an error with the line for $inputs, in time`, ({ texts }) => {
    fc.assert(
      fc.property(texts, (text) => {
        const startedAt = performance.now();
        expect(outcomeOf(isSound, text)).not.toBe('unsound');
        const limit = maxLineMilliseconds * text.split('\n').length;
        const isQuick =
          performance.now() - startedAt < limit ||
          shortestMilliseconds(() => outcomeOf(isSound, text)) < limit;
        expect(isQuick).toBe(true);
      }),
      { numRuns: Math.ceil(fuzzInputs / (4 * parserCases.length)) },
    );
  });

  test(`${name}() parses 300,000 repeated characters quickly`, () => {
    for (const { start, piece } of longTexts) {
      const text = start + piece.repeat(300_000 / piece.length);
      const combination = `${JSON.stringify(start)} and many ${JSON.stringify(piece)}`;
      const before = process.cpuUsage();
      expect(outcomeOf(isSound, text), combination).not.toBe('unsound');
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, `milliseconds of CPU for ${combination}`).toBeLessThan(1000);
    }
  });
});

describe('round trips', () => {
  test('parseEthtoolStatistics() gives back any list of names and 64-bit values', () => {
    const statistic = fc.record({
      name: statisticName(),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    fc.assert(
      fc.property(fc.array(statistic), (statistics) => {
        const lines = statistics.map(({ name, value }) => `     ${name}: ${value}\n`);
        expect(parseEthtoolStatistics(`NIC statistics:\n${lines.join('')}`)).toEqual(statistics);
      }),
      { numRuns: 500 },
    );
  });

  test('parseKmsgRecord() gives back any text the kernel escaped', () => {
    const record = fc.record({
      facility: fc.nat(23),
      level: fc.nat(7),
      sequence: fc.maxSafeNat(),
      timestampMicroseconds: fc.maxSafeNat(),
      text: fc.string({ unit: 'binary' }),
      device: fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }),
    });
    const flags = fc.constantFrom('-', 'c', '-,caller=T123', 'c,caller=C1,more=1');
    fc.assert(
      fc.property(record, flags, ({ device, text, ...numbers }, flag) => {
        const { facility, level, sequence, timestampMicroseconds } = numbers;
        const prefix = `${facility * 8 + level},${sequence},${timestampMicroseconds},${flag};`;
        const dictionary =
          device === undefined ? '' : ` SUBSYSTEM=net\n DEVICE=${kernelEscape(device)}\n`;
        expect(parseKmsgRecord(`${prefix}${kernelEscape(text)}\n${dictionary}`)).toEqual({
          ...numbers,
          text: text.trimEnd(),
          subsystem: device === undefined ? undefined : 'net',
          device,
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseLedger', () => {
  test('parseLedger() gives back any ledger formatLedger() writes', () => {
    fc.assert(
      fc.property(anyLedger(), (ledger) => {
        expect(parseLedger(formatLedger(ledger))).toStrictEqual(ledger);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseJournalRecord', () => {
  test('parseJournalRecord() reads the same from a message in letters and in bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const place = { __CURSOR: 'c', __MONOTONIC_TIMESTAMP: '1' };
        const texts = [message, [...Buffer.from(message)]].map(
          (MESSAGE) => parseJournalRecord(JSON.stringify({ ...place, MESSAGE })).text,
        );
        expect(texts).toEqual([message.trimEnd(), message.trimEnd()]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseDurationSeconds', () => {
  test('parseDurationSeconds() gives seconds, or throws nothing but a ConfigError', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('h', 'm', 's', '0', '1', '59', '-', '.', ' ', '\n') }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(durationOutcome(text)).toMatch(/^(?:seconds|rejected)$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('parseDurationSeconds() adds up hours, minutes, seconds and milliseconds', () => {
    const part = fc.option(fc.nat(100_000), { nil: undefined });
    fc.assert(
      fc.property(part, part, part, fc.nat(100_000), (hours, minutes, seconds, milliseconds) => {
        const text = [
          ...(hours === undefined ? [] : [`${hours}h`]),
          ...(minutes === undefined ? [] : [`${minutes}m`]),
          ...(seconds === undefined ? [] : [`${seconds}s`]),
          `${milliseconds}ms`,
        ].join('');
        expect(parseDurationSeconds(text)).toBeCloseTo(
          (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0) + milliseconds / 1000,
          6,
        );
      }),
    );
  });
});

describe('renderExposition', () => {
  const first = gauge({ name: 'first', help: 'First.', labels: ['device', 'driver'] });
  const second = gauge({ name: 'second', help: 'Second.', labels: ['device', 'driver'] });
  const samplePattern =
    /^(first|second)\{device="((?:[^"\\]|\\[\\"n])*)",driver="((?:[^"\\]|\\[\\"n])*)"\} (\S+)$/;

  test('createExpositionRenderer() writes any sample on one line that gives it back', async () => {
    const sample = fc.record({
      labels: fc.record({ device: labelValue(), driver: labelValue() }, { noNullPrototype: true }),
      value: fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value)),
    });
    const samples = fc.array(sample);
    await fc.assert(
      fc.asyncProperty(samples, samples, async (firstSamples, secondSamples) => {
        const families = [first.family(firstSamples), second.family(secondSamples)];
        const text = String(await createExpositionRenderer()(families));
        const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
        expect(lines.map((line) => readSample(samplePattern.exec(line)))).toEqual([
          ...firstSamples.map((given) => ({ name: 'first', ...given })),
          ...secondSamples.map((given) => ({ name: 'second', ...given })),
        ]);
        expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(
          (firstSamples.length > 0 ? 2 : 0) + (secondSamples.length > 0 ? 2 : 0),
        );
      }),
      { numRuns: 300 },
    );
  });
});

function recordedOutputs(option: string): readonly string[] {
  return readdirSync(recordedPath(debianHost, 'ethtool'))
    .filter((name) => name.startsWith(`${option}.`))
    .map((name) => recordedText(`ethtool/${name}`));
}

function outcomeOf(
  isSound: (text: string) => boolean,
  text: string,
): 'sound' | 'unsound' | 'rejected' {
  try {
    return isSound(text) ? 'sound' : 'unsound';
  } catch (error) {
    const line = lineOf(error);
    const lineCount = text.split('\n').length;
    return isNatural(line) && line >= 1 && line <= lineCount + 1 ? 'rejected' : 'unsound';
  }
}

/** Of several times, as this machine has other things to do. */
function shortestMilliseconds(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

/** Of a ParseError, or of a ConfigError about a file: `file:3: rate_limit: unknown field`. */
function lineOf(error: unknown): number {
  if (error instanceof ParseError) {
    return error.line;
  }
  if (error instanceof ConfigError) {
    return Number(/^file:(\d+): /.exec(error.message)?.[1]);
  }
  throw error;
}

/** A record of /dev/kmsg as `journalctl -o json` prints it. */
function journalLine(record: string): string {
  const { text, facility, level, timestampMicroseconds, subsystem, device } =
    parseKmsgRecord(record);
  return JSON.stringify({
    __CURSOR: `s=6c1;t=${timestampMicroseconds}`,
    __REALTIME_TIMESTAMP: String(1_795_145_580_000_000 + timestampMicroseconds),
    __MONOTONIC_TIMESTAMP: String(timestampMicroseconds + 99),
    _BOOT_ID: 'eaba2374e25b415d9ab42ca963d4d701',
    _SOURCE_MONOTONIC_TIMESTAMP: String(timestampMicroseconds),
    PRIORITY: String(level),
    SYSLOG_FACILITY: String(facility),
    _KERNEL_SUBSYSTEM: subsystem,
    _KERNEL_DEVICE: device,
    MESSAGE: level % 2 === 0 ? [...Buffer.from(text)] : text,
  });
}

/** Whether there are two registers of 32 bits or none. Any text is a record, so that nothing may be rejected. */
function hasSoundRegisters(text: string): boolean {
  try {
    const { head, tail } = parseHangRegisters(text) ?? { head: 0, tail: 0 };
    return [head, tail].every((register) => isNatural(register) && register < 2 ** 32);
  } catch {
    return false;
  }
}

/** Also of a peer that has the key, and sends what it likes. */
function hasSoundFrame(text: Buffer): boolean {
  const bytes = Buffer.alloc(512);
  text.copy(bytes);
  bytes.write('nwp1', 'latin1');
  createHmac('sha256', probeKey)
    .update(Buffer.alloc(1))
    .update(bytes.subarray(0, 480))
    .digest()
    .copy(bytes, 480);
  return [text, bytes].every((each) => {
    const frame = parseFrame(each, { key: probeKey, sequence: 0 });
    return (
      frame === undefined ||
      (Buffer.byteLength(frame.name, 'latin1') <= 253 &&
        frame.nonce.length === 16 &&
        frame.digest.length === 32 &&
        Object.values({ ...frame.counters, ...frame.segments, ...frame.datagrams }).every(
          isNatural,
        ))
    );
  });
}

function hasSoundDatagram(text: Buffer): boolean {
  const bytes = Buffer.alloc(text.length > 600 ? 1200 : 64);
  text.copy(bytes);
  bytes.write('nwd1', 'latin1');
  probeSession.session.copy(bytes, 8);
  createHmac('sha256', probeKey)
    .update(bytes.subarray(0, -16))
    .digest()
    .copy(bytes, bytes.length - 16, 0, 16);
  return [text, bytes].every((each) => {
    const datagram = parseDatagram(each, probeSession, () => true);
    return datagram === undefined || datagram.sequence < maxDatagrams;
  });
}

/** Whether what the kernel might write gives as many entries as were asked for. Its counts are checked by the reader. */
function hasSoundStructs(bytes: Buffer): boolean {
  const count = 64;
  const arena = Buffer.alloc(4096);
  bytes.copy(arena);
  writeU32(arena, ethtoolLayout.strings.count, count);
  const names = decodeStrings(arena);
  const { values } = decodeStatistics(arena.subarray(0, 8 * count), names);
  const features = decodeFeatures(arena, names);
  return (
    names.length === count &&
    values.length === count &&
    groupFeatures(features).every(
      ({ fixed, requested }) => !fixed || typeof requested === 'boolean',
    ) &&
    Object.values(decodeDriverInfo(arena)).every((value) => value !== '')
  );
}

function anyLedger(): fc.Arbitrary<Ledger> {
  const text = fc.string({ unit: 'binary' });
  const number = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);
  const boot = {
    bootId: text,
    events: fc.uniqueArray(
      fc.record(
        {
          device: text,
          driver: text,
          event: fc.constantFrom(...kernelEventNames),
          count: fc.maxSafeNat(),
          lastTimestampSeconds: optional(number),
        },
        { noNullPrototype: true },
      ),
      { selector: ({ device, driver, event }) => JSON.stringify([device, driver, event]) },
    ),
  };
  return fc.record(
    {
      ...boot,
      position: fc.record(
        {
          sequence: optional(fc.maxSafeNat()),
          cursor: optional(text),
          timestampMicroseconds: optional(fc.maxSafeNat()),
        },
        { noNullPrototype: true },
      ),
      previousBoot: optional(fc.record(boot, { noNullPrototype: true })),
    },
    { noNullPrototype: true },
  );
}

function optional<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

function durationOutcome(text: string): string {
  try {
    return parseDurationSeconds(text) >= 0 ? 'seconds' : 'no number';
  } catch (error) {
    return error instanceof ConfigError && error.message.includes(JSON.stringify(text))
      ? 'rejected'
      : String(error);
  }
}

function isNatural(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function anyText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(...' \t\r\n:;,=-+.%()[]<>"\\x019aAeE'.split('')),
      maxLength: 80,
    }),
    fc
      .array(fc.nat(0xffff))
      .map((codes) => codes.map((code) => String.fromCharCode(code)).join('')),
  );
}

function truncated(recording: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(recording, fc.nat(10_000))
    .map(([text, length]) => text.slice(0, length % (text.length + 1)));
}

function shuffled(recording: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(recording, fc.array(fc.nat(200), { maxLength: 200 })).map(([text, picks]) => {
    const lines = text.split('\n');
    const [heading = ''] = lines;
    const rest = picks.map((pick) => lines[pick % lines.length] ?? '');
    return (picks.length % 2 === 0 ? [heading, ...rest] : rest).join('\n');
  });
}

function mutated(recording: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.record({ position: fc.nat(10_000), byte: fc.nat(255) });
  return fc
    .tuple(recording, fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([text, changes]) => {
      const bytes = Buffer.from(text);
      for (const { position, byte } of changes) {
        bytes[position % bytes.length] = byte;
      }
      return bytes.toString('utf8');
    });
}

/** A name may hold line breaks, but no line of it may itself read as the end of a statistic. */
function statisticName(): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...' :\n\r\t[]-_.0159abz'.split('')) }),
    )
    .filter((name) =>
      name
        .split('\n')
        .slice(0, -1)
        .every((line) => !/: \d{1,20}$/.test(line)),
    );
}

/** Writes text as the kernel does in /dev/kmsg. */
function kernelEscape(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte >= 0x7f || byte === 0x5c
        ? `\\x${byte.toString(16).padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}

function labelValue(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'"\\\n\r\tn{},= #a\u2028'.split('')) }),
  );
}

function readSample(match: RegExpExecArray | null): unknown {
  const [, name, device = '', driver = '', value = ''] = match ?? [];
  return {
    name,
    labels: { device: unescapeLabel(device), driver: unescapeLabel(driver) },
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

function unescapeLabel(escaped: string): string {
  return escaped.replaceAll(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character,
  );
}
