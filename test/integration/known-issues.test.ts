import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { runAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('ethtool');
const directory = mkdtempSync(join(tmpdir(), 'nicwatch-issues-'));
const file = join(directory, 'issues.yml');
const issues = `known_issues:
  - id: our-vxlan
    driver: vxlan
    kernel: { from: 3.10 }
    features: [tx-checksum-ip-generic]
    severity: warning
    symptom: a test
    mitigation: ethtool -K DEVICE tx-checksum-ip-generic off
  - id: our-veth
    driver: veth
    features: [tx-scatter-gather-fraglist, generic-segmentation-offload]
    severity: critical
    symptom: a test
    mitigation: ethtool -K DEVICE gso off tx-scatter-gather-fraglist off
  - id: our-old-kernel
    driver: veth
    kernel: { below: 3.10 }
    severity: info
    symptom: a test
    mitigation: a newer kernel
`;

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.skipIf(problem !== undefined)(
  `issues of a file in a namespace${skipNote(problem)}`,
  () => {
    let namespace: Namespace;
    let agent: AgentProcess;

    beforeAll(async () => {
      writeFileSync(file, issues);
      namespace = await createNamespace();
      await namespace.ip('link add veth0 type veth peer veth1');
      await namespace.ip('link add vx0 type vxlan id 7 dstport 4789 dev veth0');
      agent = await startAgent({
        namespace,
        flags: [`--known-issues.file=${file}`, '--device.include=v.*'],
      });
    });

    afterAll(async () => {
      await agent?.stop();
      await namespace?.delete();
    });

    test.each([
      {
        device: 'vx0',
        issue: 'our-vxlan',
        severity: 'warning',
        features: ['tx-checksum-ip-generic'],
      },
      {
        device: 'veth1',
        issue: 'our-veth',
        severity: 'critical',
        features: ['gso', 'tx-scatter-gather-fraglist'],
      },
    ])('$issue is 1 on $device until ethtool -K', async ({ device, issue, severity, features }) => {
      const labels = { device, issue, severity };
      // A busy machine may not answer every read in time.
      const expectValue = async (value: number): Promise<void> =>
        vi.waitFor(
          async () => {
            expect((await agent.freshScrape()).value('nic_known_issue', labels)).toBe(value);
          },
          { timeout: 15_000 },
        );
      await expectValue(1);
      const states = (state: string) => features.flatMap((feature) => [feature, state]);
      await namespace.run('ethtool', ['-K', device, ...states('off')]);
      await expectValue(0);
      await namespace.run('ethtool', ['-K', device, ...states('on')]);
      await expectValue(1);
    });

    test('issues of the file change on reload', async () => {
      const labels = { device: 'vx0', issue: 'our-vxlan-2', severity: 'warning' };
      expect((await agent.freshScrape()).value('nic_known_issue', labels)).toBeUndefined();
      writeFileSync(file, issues.replace('our-vxlan', 'our-vxlan-2'));
      agent.signal('SIGHUP');
      await vi.waitFor(
        async () => expect((await agent.freshScrape()).value('nic_known_issue', labels)).toBe(1),
        { timeout: 5000 },
      );
      const { text } = await agent.fetch('/api/v1/status');
      expect(text).toContain('our-vxlan-2');
      expect(text).not.toContain('"our-vxlan"');
      writeFileSync(file, issues);
      agent.signal('SIGHUP');
    });

    test('an issue of other kernels is 0, and built-in issues are exported too', async () => {
      await vi.waitFor(
        async () => {
          const { value } = await agent.freshScrape();
          expect(value('nic_known_issue', { device: 'veth0', issue: 'our-old-kernel' })).toBe(0);
          expect(value('nic_known_issue', { device: 'vx0', issue: 'vxlan-snat-csum' })).toBe(0);
        },
        { timeout: 15_000 },
      );
    });
  },
);

describe('--known-issues.file', () => {
  test.each([
    {
      what: 'a wrong field',
      text: issues.replace('severity: critical', 'severity: page'),
      named: ':12: known_issues[1].severity: expected critical, warning, info, got "page"',
    },
    {
      what: 'an id nicwatch has',
      text: issues.replace('our-vxlan', 'e1000e-tx-hang-tso'),
      named: ':2: known_issues[0].id',
    },
    { what: 'no YAML', text: 'known_issues: [', named: ':1: ' },
  ])('with $what ends it with code 2, checked or run', async ({ text, named }) => {
    const wrong = join(directory, 'wrong.yml');
    writeFileSync(wrong, text);
    for (const flags of [['--config.check'], []]) {
      const { exitCode, stdout, stderr } = await runAgent([
        ...flags,
        `--known-issues.file=${wrong}`,
      ]);
      expect(stderr).toMatch(/^[^\n]+\n$/);
      expect(stderr).toContain(`${wrong}${named}`);
      expect(stdout).toBe('');
      expect(exitCode).toBe(2);
    }
  });

  test.each([
    { what: 'not there', path: join(directory, 'none.yml') },
    { what: 'a directory', path: directory },
    { what: 'without end', path: '/dev/zero' },
  ])('that is $what ends it with code 2 and one line that names it', async ({ path }) => {
    const { exitCode, stderr } = await runAgent(['--config.check', `--known-issues.file=${path}`]);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(path);
    expect(exitCode).toBe(2);
  });

  test('that is valid passes --config.check', async () => {
    writeFileSync(file, issues);
    const { exitCode, stderr } = await runAgent(['--config.check', `--known-issues.file=${file}`]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
