import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { describe, expect, test } from 'vitest';

import { builtAgent, freePort, runAgent, startAgent } from '../support/agent-process.ts';
import { fetchFrom } from '../support/fetch.ts';
import { commandProblem, skipNote } from '../support/requirements.ts';

describe('wrong command line', () => {
  test.each([
    { what: 'an unknown flag', flags: ['--nope'], named: 'error: unknown flag --nope, try --help' },
    {
      what: 'a path of the agent itself for metrics',
      flags: ['--web.telemetry-path=/-/healthy'],
      named: 'expected a path that is not reserved',
    },
    {
      what: 'a web configuration that is missing',
      flags: ['--web.config.file=/nonexistent/web.yml'],
      named: '--web.config.file: cannot read "/nonexistent/web.yml": ENOENT',
    },
    {
      what: 'a regular expression that is none',
      flags: ['--device.include=('],
      named: '--device.include',
    },
    { what: 'a duration that is none', flags: ['--poll.interval=soon'], named: '--poll.interval' },
    { what: 'a poll interval of nothing', flags: ['--poll.interval=0s'], named: '--poll.interval' },
    {
      what: 'an address without a port',
      flags: ['--web.listen-address=here'],
      named: '--web.listen-address',
    },
    {
      what: 'a port there is not',
      flags: ['--web.listen-address=:70000'],
      named: '--web.listen-address',
    },
    { what: 'an argument', flags: ['eth0'], named: 'eth0' },
    { what: 'a flag without its value', flags: ['--poll.interval'], named: '--poll.interval' },
    { what: 'a value that is no choice', flags: ['--log.level=loud'], named: '--log.level' },
    {
      what: 'a mistake beside --config.check',
      flags: ['--config.check', '--log.format=xml'],
      named: '--log.format',
    },
  ])('with $what ends with code 2 and one line that names it', async ({ flags, named }) => {
    const { exitCode, stdout, stderr } = await runAgent(flags);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(named);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

test.each([
  { flag: '--version', printed: /^nicwatch, version \S+ / },
  { flag: '--help', printed: /--web\.listen-address <address>/ },
  { flag: '--config.check', printed: /the configuration is valid/ },
])('$flag prints and ends with code 0', async ({ flag, printed }) => {
  const { exitCode, stdout, stderr } = await runAgent([flag]);
  expect(stdout).toMatch(printed);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('a port in use ends it with code 1 and one line that names the address', async () => {
  const [taken, free] = [await freePort(), await freePort()];
  const server = await occupy(taken);
  try {
    const { exitCode, stdout, stderr } = await runAgent([
      `--web.listen-address=127.0.0.1:${free}`,
      `--web.listen-address=127.0.0.1:${taken}`,
    ]);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(`127.0.0.1:${taken}`);
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  } finally {
    server.close();
  }
});

test('without procfs it exports metrics of other sources', async () => {
  const agent = await startAgent({ flags: ['--path.procfs=/nonexistent'] });
  try {
    const scrape = await agent.freshScrape();
    expect(scrape.value('nicwatch_collector_success', { collector: 'boot' })).toBe(0);
    expect(scrape.value('nicwatch_collector_success', { collector: 'device' })).toBe(1);
    expect(scrape.samples('nic_boot_timestamp_seconds')).toEqual([]);
    expect(scrape.samples('nic_stack_csum_errors_total')).toEqual([]);
  } finally {
    expect((await agent.stop()).exitCode).toBe(0);
  }
});

test('listens on every address it is given', async () => {
  const second = `127.0.0.1:${await freePort()}`;
  const agent = await startAgent({ flags: [`--web.listen-address=${second}`] });
  try {
    for (const url of [agent.url, `http://${second}`]) {
      const { status, contentType, text } = await fetchFrom(undefined, `${url}/metrics`);
      expect(status).toBe(200);
      expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(text).toContain('nicwatch_build_info');
    }
  } finally {
    await agent.stop();
  }
});

const activator = 'systemd-socket-activate';
const activatorProblem = commandProblem(activator);

test.skipIf(activatorProblem !== undefined)(
  `--web.systemd-socket listens only on the socket passed by systemd${skipNote(activatorProblem)}`,
  async () => {
    const port = await freePort();
    const stateDirectory = mkdtempSync(join(tmpdir(), 'nicwatch-socket-'));
    const activated = execa(
      activator,
      [
        `--listen=127.0.0.1:${port}`,
        process.execPath,
        builtAgent(),
        '--web.systemd-socket',
        `--state.directory=${stateDirectory}`,
      ],
      { stdin: 'ignore', reject: false },
    );
    try {
      const { status, text } = await fetchFrom(undefined, `http://127.0.0.1:${port}/metrics`);
      expect(status).toBe(200);
      expect(text).toContain('nicwatch_build_info');
    } finally {
      activated.kill('SIGTERM');
      const { stderr } = await activated;
      expect(stderr).toContain('addresses="descriptor 3"');
      rmSync(stateDirectory, { recursive: true });
    }
  },
);

test('--web.systemd-socket without a socket ends with code 2', async () => {
  const { exitCode, stderr } = await runAgent(['--web.systemd-socket']);
  expect(stderr).toBe('nicwatch: --web.systemd-socket: expected sockets from systemd, got none\n');
  expect(exitCode).toBe(2);
});

describe('--log.format', () => {
  test('logfmt logs a time, a level and a message first on each line', async () => {
    const lines = await logLines('logfmt');
    for (const line of lines) {
      expect(line).toMatch(/^time=\S+ level=(?:debug|info|warn|error) msg=\S+/);
    }
    expect(lines.join('\n')).toContain('listening');
  });

  test('json logs one object on each line', async () => {
    const lines = await logLines('json');
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual(
        expect.objectContaining({
          time: expect.any(String),
          level: expect.any(String),
          msg: expect.any(String),
        }),
      );
    }
    expect(lines.join('\n')).toContain('listening');
  });
});

async function logLines(format: string): Promise<readonly string[]> {
  const agent = await startAgent({ flags: [`--log.format=${format}`, '--log.level=debug'] });
  await agent.stop();
  const lines = agent.stderr().split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
