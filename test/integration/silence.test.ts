import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { builtAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess, AgentProcessOptions } from '../support/agent-process.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const deviceCollectors = [
  'declared',
  'device',
  'ethtool',
  'known-issue',
  'offload',
  'tx-stall',
  'tx-timeout',
];

interface SilenceCase {
  readonly what: string;
  readonly options: AgentProcessOptions;
  /** The one warning. */
  readonly warning: RegExp;
  /** Collectors that read nothing. */
  readonly failing: readonly string[];
}

const cases: readonly SilenceCase[] = [
  {
    what: 'a --device.include that matches nothing',
    options: { flags: ['--device.include=no-such-device'] },
    warning: /--device\.include .*no-such-device.* matches no network device/,
    failing: deviceCollectors,
  },
  {
    what: 'a --device.exclude that matches everything',
    options: { flags: ['--device.include=lo', '--device.exclude=.*'] },
    warning: /--device\.include .*lo.* and --device\.exclude .*\.\*.* leave no network device/,
    failing: deviceCollectors,
  },
  {
    what: 'a wrong --path.sysfs',
    options: { flags: ['--path.sysfs=/nonexistent'] },
    warning: /--path\.sysfs .*\/nonexistent.*ENOENT/,
    failing: deviceCollectors,
  },
  {
    what: 'a wrong --path.procfs',
    options: { flags: ['--path.procfs=/nonexistent', '--device.include=lo'] },
    warning: /--path\.procfs .*\/nonexistent/,
    failing: ['boot', 'stack'],
  },
  {
    what: 'a kernel log that cannot be read',
    options: {
      flags: ['--path.rootfs=/nonexistent', '--kernel-log.source=kmsg', '--device.include=lo'],
    },
    warning: /--kernel-log\.source.*\/nonexistent\/dev\/kmsg.*ENOENT.*--path\.rootfs/,
    failing: ['kernel-log'],
  },
];

/** Lines of the log that are worth a look. */
function warnings(agent: AgentProcess): readonly string[] {
  return agent
    .stderr()
    .split('\n')
    .filter((line) => /level=(?:warn|error)/.test(line));
}

/** Collectors without success, once all have run. */
async function failingCollectors(agent: AgentProcess): Promise<readonly string[]> {
  const scrape = await agent.freshScrape();
  return scrape
    .samples('nicwatch_collector_success')
    .filter(({ value }) => value === 0)
    .map(({ labels }) => labels.get('collector') ?? '')
    .toSorted();
}

describe('an agent that reads nothing', () => {
  test.each(cases)('logs it once: $what', async ({ options, warning, failing }) => {
    const agent = await startAgent(options);
    try {
      await vi.waitFor(
        async () => {
          expect(await failingCollectors(agent)).toEqual(failing);
        },
        { timeout: 10_000 },
      );
      await failingCollectors(agent);
      expect(warnings(agent)).toEqual([expect.stringMatching(warning)]);
    } finally {
      expect((await agent.stop()).exitCode).toBe(0);
    }
  });

  test('logs the remedy for both sources of the kernel log', async () => {
    const agent = await startAgent({
      flags: ['--path.rootfs=/nonexistent', '--device.include=lo'],
    });
    try {
      await vi.waitFor(
        async () => {
          expect(await failingCollectors(agent)).toEqual(['kernel-log']);
          expect(warnings(agent)).toEqual([
            expect.stringMatching(/--kernel-log\.source.*\/dev\/kmsg.*--path\.rootfs/),
            expect.stringMatching(/--kernel-log\.source.*journal.*systemd-journal.*adm/),
          ]);
        },
        { timeout: 15_000 },
      );
    } finally {
      await agent.stop();
    }
  });
});

describe('an agent without its packages', () => {
  let directory: string;
  let alone: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-silence-'));
    alone = join(directory, 'nicwatch.cjs');
    await copyFile(builtAgent(), alone);
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  test('warns once that koffi cannot be loaded', async () => {
    const agent = await startAgent({ bundle: alone, flags: ['--device.include=lo'] });
    try {
      expect(await failingCollectors(agent)).toEqual([]);
      await agent.freshScrape();
      expect(warnings(agent)).toEqual([
        expect.stringMatching(/--ethtool\.reader.*ethtool command.*koffi/),
      ]);
    } finally {
      await agent.stop();
    }
  });
});

const problem = namespaceProblem();

describe.skipIf(problem !== undefined)(`an agent without devices${skipNote(problem)}`, () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await createNamespace();
  });
  afterAll(async () => {
    await namespace?.delete();
  });

  test('warns again when it is missing again', async () => {
    const agent = await startAgent({ namespace, flags: ['--device.include=plug.*'] });
    const isFailing = async (expected: boolean): Promise<void> => {
      await vi.waitFor(
        async () => {
          expect((await failingCollectors(agent)).includes('device')).toBe(expected);
        },
        { timeout: 10_000 },
      );
    };
    try {
      await isFailing(true);
      // Another device changes nothing.
      await namespace.ip('link add other0 type dummy').catch(() => {});
      await isFailing(true);
      await namespace.ip('link add plug0 type veth peer plug1');
      await isFailing(false);
      await namespace.ip('link delete plug0');
      await isFailing(true);
      expect(warnings(agent)).toHaveLength(2);
      expect(agent.stderr().match(/msg=recovered/g)).toHaveLength(1);
    } finally {
      await agent.stop();
    }
  });
});
