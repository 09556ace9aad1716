import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';

/** Long enough for a signal to end a process. */
const signalMilliseconds = 200;

describe('an agent', () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await startAgent();
  });
  afterAll(async () => {
    await agent.stop();
  });

  test.each([
    'SIGHUP',
    'SIGUSR1',
    'SIGUSR2',
    'SIGPIPE',
    'SIGALRM',
    'SIGVTALRM',
    'SIGPROF',
    'SIGIO',
    'SIGPWR',
    'SIGSTKFLT',
    'SIGXFSZ',
    'SIGWINCH',
    'SIGCHLD',
    'SIGURG',
    'SIGCONT',
  ] as const)('does not end by %s, however often', async (signal) => {
    agent.signal(signal);
    await setTimeout(signalMilliseconds);
    agent.signal(signal);
    await setTimeout(signalMilliseconds);
    expect((await agent.fetch('/-/healthy')).status).toBe(200);
  });

  test('opens no debugger', async () => {
    agent.signal('SIGUSR1');
    await setTimeout(signalMilliseconds);
    expect(agent.stderr()).not.toMatch(/debugger/i);
  });

  test('is reloaded over HTTP only with --web.enable-lifecycle', async () => {
    const { status } = await fetch(`${agent.url}/-/reload`, { method: 'POST' });
    expect(status).toBe(403);
  });
});

describe('known issues', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nicwatch-reload-'));
  const file = join(directory, 'issues.yml');
  let agent: AgentProcess;
  let reloads = 0;

  beforeAll(async () => {
    writeFileSync(file, issueNamed('first'));
    agent = await startAgent({
      flags: [`--known-issues.file=${file}`, '--web.enable-lifecycle', '--device.include=lo'],
    });
  });
  afterAll(async () => {
    await agent.stop();
    rmSync(directory, { recursive: true });
  });

  /** A device without a driver has no known issues, so the metrics of the file itself are looked at. */
  async function configMetric(name: string): Promise<number | undefined> {
    return (await agent.freshScrape()).value(`nicwatch_config_${name}`, {});
  }

  async function postReload(): Promise<number> {
    return (await fetch(`${agent.url}/-/reload`, { method: 'POST' })).status;
  }

  test('are reloaded on SIGHUP', async () => {
    const before = (await configMetric('last_reload_success_timestamp_seconds')) ?? 0;
    expect(await configMetric('last_reload_successful')).toBe(1);
    agent.signal('SIGHUP');
    reloads += 1;
    await vi.waitFor(
      async () =>
        expect(await configMetric('last_reload_success_timestamp_seconds')).toBeGreaterThan(before),
      { timeout: 5000 },
    );
  });

  test('are reloaded on POST /-/reload', async () => {
    const before = (await configMetric('last_reload_success_timestamp_seconds')) ?? 0;
    expect(await postReload()).toBe(200);
    reloads += 1;
    expect(await configMetric('last_reload_success_timestamp_seconds')).toBeGreaterThan(before);
    expect(agent.stderr().match(/known issues reloaded/g)).toHaveLength(reloads);
  });

  test('remain active if the file is invalid, which is logged with its line', async () => {
    const before = await configMetric('last_reload_success_timestamp_seconds');
    writeFileSync(file, issueNamed('second').replace('severity: info', 'severity: page'));
    expect(await postReload()).toBe(500);
    expect(await configMetric('last_reload_successful')).toBe(0);
    expect(await configMetric('last_reload_success_timestamp_seconds')).toBe(before);
    const errors = agent.stderr().match(/^time=\S+ level=error .*$/gm) ?? [];
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`${file}:5: known_issues[0].severity: expected`);

    writeFileSync(file, issueNamed('third'));
    expect(await postReload()).toBe(200);
    expect(await configMetric('last_reload_successful')).toBe(1);
  });
});

function issueNamed(id: string): string {
  return `known_issues:
  - id: ${id}
    driver: veth
    kernel: { from: 3.10 }
    severity: info
    symptom: a test
    mitigation: none
`;
}
