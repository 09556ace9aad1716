import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { hashSync } from 'bcryptjs';
import { expect, test } from 'vitest';

import { startAgent } from '../support/agent-process.ts';

const seconds = 15;
const scrapers = 200;
const slowClients = 500;
const guessers = 140;
/** What the agent may have in memory, with all of them at once. */
const maxResidentMebibytes = 72;
/** A slow client sends one more header so often: less than it takes to be cut off for. */
const dripMilliseconds = 1000;

test(
  `answers ${scrapers} scrapers among ${slowClients} slow clients and ${guessers} wrong passwords at once`,
  { timeout: 40_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nicwatch-flood-'));
    const file = join(directory, 'web.yml');
    writeFileSync(file, `basic_auth_users: { prometheus: ${hashSync('secret', 10)} }\n`, {
      mode: 0o600,
    });
    const agent = await startAgent({
      flags: [`--web.config.file=${file}`, `--web.max-requests=${scrapers}`],
    });
    const { hostname, port } = new URL(agent.url);
    const ending = new AbortController();
    const isOver = (): boolean => ending.signal.aborted;

    const ask = async (options: Asked): Promise<number | string> =>
      new Promise((resolve) => {
        const { password, connections: pool, from: localAddress } = options;
        const authorization = `Basic ${Buffer.from(`prometheus:${password}`).toString('base64')}`;
        const request = { hostname, port, path: '/metrics', localAddress, agent: pool };
        get({ ...request, headers: { authorization } }, (response) => {
          response.resume().once('end', () => {
            resolve(response.statusCode ?? 0);
          });
        }).once('error', (error) => {
          resolve(String(error));
        });
      });

    const drip = (from: string): Socket => {
      const socket = connect({ host: hostname, port: Number(port), localAddress: from });
      socket.on('error', () => {});
      socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n');
      const dripping = setInterval(() => socket.write('x: y\r\n'), dripMilliseconds);
      return socket.resume().once('close', () => {
        clearInterval(dripping);
        if (!isOver()) {
          slow.add(drip(from));
        }
        slow.delete(socket);
      });
    };
    const slow = new Set<Socket>();

    const answers = new Map<number | string, number>();
    const guesses = new Map<number | string, number>();
    let resident = 0;
    const until = async (run: (round: number) => Promise<void>): Promise<void> => {
      for (let round = 0; !isOver(); round += 1) {
        await run(round);
      }
    };
    const pools = Array.from({ length: 2 }, () => new Agent({ keepAlive: true }));
    const [scraping, guessing] = pools;
    try {
      for (let number = 0; number < slowClients; number += 1) {
        slow.add(drip(`127.0.1.${number % 100}`));
      }
      const guesser = async (number: number): Promise<void> =>
        until(async (round) => {
          const from = `127.0.2.${number % 70}`;
          const status = await ask({ password: `${number} ${round}`, connections: guessing, from });
          count(guesses, status);
        });
      const scraper = async (number: number): Promise<void> =>
        until(async () => {
          const from = `127.0.3.${number % 100}`;
          const status = await ask({ password: 'secret', connections: scraping, from });
          count(answers, isOver() ? 200 : status);
          await setTimeout(1000 * Math.random());
        });
      const watching = until(async () => {
        resident = Math.max(resident, residentMebibytes(agent.pid));
        await setTimeout(100);
      });
      const all = [
        watching,
        ...Array.from({ length: guessers }, async (_, number) => guesser(number)),
        ...Array.from({ length: scrapers }, async (_, number) => scraper(number)),
      ];
      await setTimeout(seconds * 1000);
      ending.abort();
      for (const pool of pools) {
        pool.destroy();
      }
      await Promise.all(all);
    } finally {
      ending.abort();
      for (const socket of slow) {
        socket.destroy();
      }
      await agent.stop();
      rmSync(directory, { recursive: true });
    }
    expect([...answers.keys()]).toEqual([200]);
    expect(guesses.get(401)).toBeGreaterThan(0);
    expect(guesses.has(200)).toBe(false);
    expect(resident).toBeGreaterThan(0);
    expect(resident).toBeLessThanOrEqual(maxResidentMebibytes);
  },
);

interface Asked {
  readonly password: string;
  readonly connections: Agent | undefined;
  readonly from: string;
}

function count(counts: Map<number | string, number>, key: number | string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function residentMebibytes(pid: number | undefined): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}
