import { readFileSync } from 'node:fs';
import process from 'node:process';

import { Ajv } from 'ajv';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { checkCommand } from '../src/check/command.ts';
import { parseCheckArguments } from '../src/config/check-arguments.ts';
import { parseKnownIssues } from '../src/config/known-issues.ts';
import { collectorDefinitions } from '../src/collectors/index.ts';
import type { Host } from '../src/host/host.ts';
import { SourceError } from '../src/model/errors.ts';
import type { JournalRecord } from '../src/model/kernel-record.ts';
import { kernelRecord } from './support/kernel-record.ts';
import { createHostAt } from './support/recorded-host.ts';
import { createTestAgent } from './support/scrape.ts';
import { deleteNode, writeNode } from './support/written-node.ts';
import type { WrittenNode } from './support/written-node.ts';
import { healthyNode, hungNode, policyNode, policyText, receiverNode } from './check/nodes.ts';

const folder = new URL('check/', import.meta.url).pathname;
const now = new Date('2026-11-21T11:02:41Z');
const roots: string[] = [];

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterEach(() => {
  for (const root of roots.splice(0)) {
    deleteNode(root);
  }
});

function open(node: WrittenNode): Host {
  const root = writeNode(node);
  roots.push(root);
  return createHostAt(root, { now });
}

function record(text: string, realtimeMicroseconds: number): JournalRecord {
  return {
    ...kernelRecord(text),
    bootId: '66666666-2222-3333-4444-555555555555',
    cursor: undefined,
    realtimeMicroseconds,
  };
}

/** The transmitter hangs every two seconds until somebody restarts the node. */
function withHang(host: Host): Host {
  const from = Date.parse('2026-11-20T20:47:12Z') * 1000;
  return {
    ...host,
    previousBootLog: async function* () {
      yield Array.from({ length: 447 }, (_, index) =>
        record(
          'e1000e 0000:00:1f.6 nic0: Detected Hardware Unit Hang:',
          from + index * (928e6 / 446),
        ),
      );
      yield [
        record(
          'vmbr0: port 1(nic0) entered disabled state',
          Date.parse('2026-11-20T21:02:41Z') * 1000,
        ),
      ];
    },
  };
}

/** Packets with wrong checksums, of which some come between two readings. */
function withChecksumErrors(host: Host): Pick<CheckRun, 'wait'> & { readonly host: Host } {
  let udp = 38_883;
  return {
    host: {
      ...host,
      readProcNet: (name) =>
        name === 'snmp'
          ? `Tcp: InCsumErrors\nTcp: 1313\nUdp: InCsumErrors\nUdp: ${udp}\n`
          : host.readProcNet(name),
    },
    wait: async () => {
      udp += 17;
    },
  };
}

interface CheckRun {
  readonly columns?: number;
  readonly flags?: readonly string[];
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly policies?: string;
  readonly wait?: (() => Promise<void>) | undefined;
}

async function check(
  host: Host,
  {
    columns = 100,
    flags = [],
    isTerminal = false,
    env = { LANG: 'C.UTF-8' },
    policies,
    wait = async () => {},
  }: CheckRun = {},
): Promise<{ readonly output: string; readonly exitCode: number }> {
  const invocation = parseCheckArguments(flags, collectorDefinitions);
  if (invocation.action !== 'run') {
    throw new Error('the flags ask for help');
  }
  const own =
    policies === undefined ? [] : parseKnownIssues(policies, { file: 'x', taken: new Set() });
  const config = {
    ...invocation.config,
    knownIssues: [...invocation.config.knownIssues, ...own],
  };
  const agent = createTestAgent(host, ['--collector.offload.features=all']);
  return checkCommand(
    { host, config, agent, wait },
    { options: invocation.options, terminal: { isTerminal, columns, env, isRoot: true } },
  );
}

const nodes = [
  ['healthy', 0, async (run: CheckRun) => check(open(healthyNode), run)],
  ['hung', 1, async (run: CheckRun) => check(withHang(open(hungNode)), run)],
  ['policy', 1, async (run: CheckRun) => check(open(policyNode), { ...run, policies: policyText })],
  [
    'receiver',
    1,
    async (run: CheckRun) => {
      const { host, wait } = withChecksumErrors(open(receiverNode));
      return check(host, { ...run, wait });
    },
  ],
] as const;

describe.each(nodes)('nicwatch check on the %s node', (name, expected, run) => {
  test.each([100, 80])('at %d columns', async (columns) => {
    const { output, exitCode } = await run({ columns });
    expect(exitCode).toBe(expected);
    await expect(output).toMatchFileSnapshot(`${folder}${name}.${columns}.txt`);
  });

  test('as JSON that is as its schema says', async () => {
    const { output, exitCode } = await run({ flags: ['--format=json'] });
    expect(exitCode).toBe(expected);
    const schema: object = JSON.parse(
      readFileSync(new URL('../docs/check.schema.json', import.meta.url), 'utf8'),
    );
    const ajv = new Ajv({ allErrors: true });
    expect(ajv.validate(schema, JSON.parse(output)), ajv.errorsText()).toBe(true);
    await expect(output).toMatchFileSnapshot(`${folder}${name}.json`);
  });
});

describe('nicwatch check', () => {
  test('has the same signs without UTF-8, and colours only where they are wanted', async () => {
    const { output: ascii } = await check(withHang(open(hungNode)), { env: { LANG: 'C' } });
    expect(ascii).toMatch(/^[\u0020-\u007E\n]*$/);
    expect(ascii).toContain('\nXX nic0 ');
    const { output: terminal } = await check(open(hungNode), { isTerminal: true });
    expect(terminal).toContain('\u001B[31m');
    const { output: plain } = await check(open(hungNode), {
      isTerminal: true,
      env: { LANG: 'C.UTF-8', NO_COLOR: '1' },
    });
    expect(plain).not.toContain('\u001B');
  });

  test('writes control characters out', async () => {
    const hung = withHang(open(hungNode));
    const { output } = await check(
      {
        ...hung,
        previousBootLog: async function* (signal) {
          for await (const records of hung.previousBootLog(signal)) {
            yield records.map((one) => ({
              ...one,
              text: one.text.replace('Hang:', 'Hang\u001B[2J:'),
            }));
          }
        },
      },
      {},
    );
    expect(output).not.toContain('\u001B');
  });

  test.each([
    ['--severity=critical', 0],
    ['--severity=warning', 1],
  ])('with %s exits with %d where there is a warning', async (flag, expected) => {
    const { host, wait } = withChecksumErrors(open(receiverNode));
    expect((await check(host, { flags: [flag], wait })).exitCode).toBe(expected);
  });

  test.each([
    [[], 2],
    [['--allow-unknown'], 0],
  ] as const)('with %j exits with %d where it could not look', async (flags, expected) => {
    const host = open(healthyNode);
    const { output, exitCode } = await check(
      {
        ...host,
        // oxlint-disable-next-line require-yield -- it fails before it has anything
        previousBootLog: async function* () {
          throw new SourceError('denied', 'the journal is closed to this user');
        },
      },
      { flags },
    );
    expect(exitCode).toBe(expected);
    expect(output).toContain('? nic0   could not look for hangs in the boot before this one');
  });

  test('refuses a device nobody watches', async () => {
    await expect(check(open(healthyNode), { flags: ['nic7'] })).rejects.toThrow('"nic7"');
  });

  test('checks only the devices it is asked for, and prints every check with -v', async () => {
    const { output } = await check(open(healthyNode), { flags: ['nic1', '-v'] });
    expect(output).not.toContain('nic0');
    expect(output).toContain('  ✓ no hang in the boot before this one\n');
  });
});
