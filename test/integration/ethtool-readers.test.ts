import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';

import { build } from 'esbuild';
import { execa, ExecaError } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { builtAgent, runAgent, startAgent } from '../support/agent-process.ts';
import { createNamespace, inNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';

/** One device of each kind, and how it is made. */
const kinds: readonly (readonly [kind: string, name: string, command: string])[] = [
  ['veth', 'veth0', 'link add veth0 type veth peer veth1'],
  ['vxlan', 'vx0', 'link add vx0 type vxlan id 42 dstport 4789 local 192.0.2.1'],
  ['bridge', 'br0', 'link add br0 type bridge'],
  ['macvlan', 'mv0', 'link add mv0 link veth0 type macvlan mode bridge'],
  ['macvtap', 'mt0', 'link add mt0 link veth0 type macvtap mode bridge'],
  ['ifb', 'ifb0', 'link add ifb0 type ifb'],
  ['tun', 'tun0', 'tuntap add dev tun0 mode tun'],
  ['tap', 'tap0', 'tuntap add dev tap0 mode tap'],
  ['vlan', 'veth0.7', 'link add link veth0 name veth0.7 type vlan id 7'],
  ['dummy', 'dummy0', 'link add dummy0 type dummy'],
  ['bond', 'bond0', 'link add bond0 type bond'],
];

const problem = namespaceProblem('ethtool');
const refusals = problem === undefined ? await refusedKinds() : new Map<string, string>();
const made = kinds.filter(([kind]) => !refusals.has(kind));
const without =
  refusals.size === 0
    ? ''
    : ` (without ${[...refusals].map(([kind, reason]) => `${kind}: ${reason}`).join(', ')})`;

describe.skipIf(problem !== undefined)(`both readers of ethtool${skipNote(problem)}`, () => {
  let namespace: Namespace;
  let directory: string;
  let program: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-readers-'));
    program = await buildReadDevices(directory);
    namespace = await createNamespace();
    for (const [, , command] of made) {
      await namespace.ip(command);
    }
    await namespace.ip('link set veth1 master br0');
    for (const name of ['veth0', 'veth1', 'br0', 'vx0']) {
      await namespace.ip(`link set ${name} up`);
    }
    await namespace.ip('link add gone0 type veth peer gone1');
  });

  afterAll(async () => {
    await namespace?.delete();
    await rm(directory, { recursive: true });
  });

  test(`return the same for every device, with any features${without}`, async () => {
    const here = await comparisons(undefined, []);
    expect(devicesOf(here)).toContain('lo');
    expect(here.filter(differs)).toEqual([]);

    const there = await comparisons(namespace.name, ['toggle', 'gone0']);
    expect([...devicesOf(there)]).toEqual(
      expect.arrayContaining(['lo', 'veth1', 'gone0', ...made.map(([, name]) => name)]),
    );
    expect(there.filter(differs)).toEqual([]);
    for (const [, name] of made) {
      expect(featureStates(there, name), name).toBeGreaterThan(2);
    }
    const changes = made.flatMap(([, name]) => activeChanges(there, name));
    expect(changes.length).toBeGreaterThan(2 * made.length);
    expect(changes.filter(({ isAnnounced }) => !isAnnounced)).toEqual([]);
    const gone = there.filter(({ device }) => device === 'gone0').map(({ ioctl }) => ioctl);
    expect(gone).toEqual(Array.from({ length: 8 }, () => ({ reason: 'absent' })));
  }, 120_000);

  async function comparisons(
    name: string | undefined,
    argv: readonly string[],
  ): Promise<readonly Comparison[]> {
    const { stdout } = await execa(...inNamespace(name, process.execPath, [program, ...argv]));
    return stdout.split('\n').map(parseComparison);
  }
});

describe('the built agent', () => {
  let directory: string;
  let alone: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-alone-'));
    alone = join(directory, 'nicwatch.cjs');
    await copyFile(builtAgent(), alone);
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  test.each([
    { where: 'beside its packages', isAlone: false, choices: [], reader: 'ioctl' },
    { where: 'beside its packages', isAlone: false, choices: ['auto'], reader: 'ioctl' },
    { where: 'beside its packages', isAlone: false, choices: ['ioctl'], reader: 'ioctl' },
    { where: 'beside its packages', isAlone: false, choices: ['command'], reader: 'command' },
    { where: 'alone', isAlone: true, choices: [], reader: 'command' },
    { where: 'alone', isAlone: true, choices: ['auto'], reader: 'command' },
    { where: 'alone', isAlone: true, choices: ['command'], reader: 'command' },
  ])('$where, with $choices, reads by $reader', async ({ isAlone, choices, reader }) => {
    const agent = await startAgent({
      flags: choices.map((choice) => `--ethtool.reader=${choice}`),
      ...(isAlone ? { bundle: alone } : {}),
    });
    try {
      const [info] = (await agent.scrape()).samples('nicwatch_build_info');
      expect(info?.labels.get('ethtool_reader')).toBe(reader);
    } finally {
      await agent.stop();
    }
  });

  test.skipIf(commandProblem('ethtool') !== undefined)(
    `serves the same metrics of devices by either reader${skipNote(commandProblem('ethtool'))}`,
    async () => {
      // A busy machine may not answer every read in time.
      await vi.waitFor(
        async () => {
          expect(await deviceSeries('ioctl')).toEqual(await deviceSeries('command'));
        },
        { timeout: 25_000 },
      );
    },
  );

  test('without koffi and with --ethtool.reader=ioctl, ends with code 2 and one line that names the flag', async () => {
    const { exitCode, stdout, stderr } = await runAgent(['--ethtool.reader=ioctl'], alone);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain('--ethtool.reader');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  test('rejects an unknown reader', async () => {
    const { exitCode, stderr } = await runAgent(['--ethtool.reader=netlink']);
    expect(stderr).toMatch(/^nicwatch: --ethtool\.reader: [^\n]+ got "netlink"\n$/);
    expect(exitCode).toBe(2);
  });
});

/** Series about devices, without their values: these go on. */
async function deviceSeries(reader: string): Promise<readonly string[]> {
  const agent = await startAgent({
    flags: [
      `--ethtool.reader=${reader}`,
      '--device.include=.*',
      '--collector.offload.features=all',
      '--kernel-log.source=none',
    ],
  });
  try {
    const { text } = await agent.freshScrape();
    const series = text.split('\n').filter((line) => line.startsWith('nic_'));
    expect(series.length).toBeGreaterThan(50);
    return series.map((line) => line.replace(/ \S+$/, ''));
  } finally {
    await agent.stop();
  }
}

/** What both readers said. By command it was asked before and, of what moves, once more after. */
interface Comparison {
  readonly device: string;
  readonly state: string;
  readonly read: string;
  readonly before: unknown;
  readonly ioctl: unknown;
  readonly after: unknown;
  /** What had been announced of the device before. */
  readonly generation: number;
}

/** Whether the readers disagree. Counters go on, so that the ioctl's must lie between the command's. */
function differs({ read, before, ioctl, after }: Comparison): boolean {
  if (read !== 'statistics' || !isStatistics(ioctl)) {
    return !isDeepStrictEqual(ioctl, before);
  }
  return (
    !isStatistics(before) ||
    !isStatistics(after) ||
    before.length !== ioctl.length ||
    after.length !== ioctl.length ||
    ioctl.some(({ name, value }, index) => {
      const [lowest, highest] = [before[index], after[index]];
      return (
        lowest?.name !== name ||
        highest?.name !== name ||
        BigInt(value) < BigInt(lowest.value) ||
        BigInt(value) > BigInt(highest.value)
      );
    })
  );
}

interface StatisticText {
  readonly name: string;
  readonly value: string;
}

function isStatistics(value: unknown): value is readonly StatisticText[] {
  return Array.isArray(value) && value.every((entry) => 'name' in entry && 'value' in entry);
}

function parseComparison(line: string): Comparison {
  const value: unknown = JSON.parse(line);
  if (!isComparison(value)) {
    throw new Error(`expected a comparison, got ${line}`);
  }
  return value;
}

function isComparison(value: unknown): value is Comparison {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['device', 'state', 'read', 'before', 'ioctl', 'after', 'generation'].every(
      (name) => name in value,
    )
  );
}

function devicesOf(comparisons: readonly Comparison[]): ReadonlySet<string> {
  return new Set(comparisons.map(({ device }) => device));
}

/** In how many states the features of a device were seen. */
function featureStates(comparisons: readonly Comparison[], name: string): number {
  return new Set(
    comparisons
      .filter(({ device, read }) => device === name && read === 'features')
      .map(({ ioctl }) => JSON.stringify(ioctl)),
  ).size;
}

/** Changes of what is active, from one comparison of a device to the next, and whether the kernel announced them. */
function activeChanges(
  comparisons: readonly Comparison[],
  name: string,
): readonly { readonly device: string; readonly state: string; readonly isAnnounced: boolean }[] {
  const ofDevice = comparisons.filter(({ device, read }) => device === name && read === 'features');
  return ofDevice.flatMap(({ device, state, generation, ioctl }, index) => {
    const earlier = ofDevice[index - 1];
    return earlier === undefined || isDeepStrictEqual(active(earlier.ioctl), active(ioctl))
      ? []
      : [{ device, state, isAnnounced: generation !== earlier.generation }];
  });
}

function active(features: unknown): readonly unknown[] {
  return Array.isArray(features) ? features.map(({ enabled }) => enabled) : [];
}

/** The program that compares, where it finds the packages it needs. */
async function buildReadDevices(directory: string): Promise<string> {
  const outfile = join(directory, 'read-devices.mjs');
  await build({
    entryPoints: [new URL('../support/read-devices.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  await symlink(
    new URL('../../node_modules', import.meta.url).pathname,
    join(directory, 'node_modules'),
  );
  return outfile;
}

/** Kinds of devices that cannot be made on this machine, and what ip says of them. */
async function refusedKinds(): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const namespace = await createNamespace();
  try {
    for (const [kind, , command] of kinds) {
      await namespace.ip(command).catch((error: unknown) => {
        const complaint = error instanceof ExecaError ? String(error.stderr) : String(error);
        refused.set(kind, complaint.replace(/^Error: |\.?$/g, '').split('\n', 1)[0] ?? '');
      });
    }
  } finally {
    await namespace.delete();
  }
  return refused;
}
