import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';

import { inNamespace } from './netns.ts';

/** What an HTTP server answered, and how long that took. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly seconds: number;
}

/** How long a server may take to start and to answer. */
const deadlineMilliseconds = 30_000;
const retryMilliseconds = 20;

/** Fetches a URL from within a namespace, or from here. A server that does not listen yet is waited for. */
export async function fetchFrom(namespace: string | undefined, url: string): Promise<Answer> {
  const deadline = performance.now() + deadlineMilliseconds;
  for (;;) {
    const left = Math.max(1, Math.ceil(deadline - performance.now()));
    const answer = await (namespace === undefined
      ? fetchHere(url, left)
      : fetchInside(namespace, url, left));
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`expected a response from ${url}, the connection was refused`);
    }
    await setTimeout(retryMilliseconds);
  }
}

/** On a new connection. Undefined if it is refused. */
async function fetchHere(url: string, milliseconds: number): Promise<Answer | undefined> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(milliseconds);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false, signal }, resolve).on('error', reject);
    });
    return {
      text: await text(response),
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      seconds: (performance.now() - startedAt) / 1000,
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') {
      return undefined;
    }
    throw error;
  }
}

/** In a child process, because a process cannot enter the namespace. Undefined if the connection is refused. */
async function fetchInside(
  namespace: string,
  url: string,
  milliseconds: number,
): Promise<Answer | undefined> {
  const { stdout, stderr, exitCode } = await execa(
    ...inNamespace(namespace, 'curl', [
      '--silent',
      '--show-error',
      '--globoff',
      '--max-time',
      String(milliseconds / 1000),
      '--write-out',
      '\n%{http_code} %{time_total} %{content_type}',
      url,
    ]),
    { reject: false, stripFinalNewline: false },
  );
  // Curl could not connect.
  if (exitCode === 7) {
    return undefined;
  }
  const [, body = '', status, seconds, contentType = ''] =
    /^([^]*)\n(\d+) ([\d.]+) (.*)$/.exec(stdout) ?? [];
  if (exitCode !== 0 || status === undefined) {
    throw new Error(`expected an answer from ${url}, curl ended with ${exitCode}: ${stderr}`);
  }
  return { text: body, status: Number(status), contentType, seconds: Number(seconds) };
}
