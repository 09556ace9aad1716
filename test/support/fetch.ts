import process from 'node:process';

import { execa } from 'execa';

import { inNamespace } from './netns.ts';

/** What an HTTP server answered, and how long that took. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly seconds: number;
}

const script = new URL('fetch.mjs', import.meta.url).pathname;
/** How long a server may take to start and to answer. */
const deadlineSeconds = 10;

/** Fetches a URL from within a namespace, or from here. A server that does not listen yet is waited for. */
export async function fetchFrom(namespace: string | undefined, url: string): Promise<Answer> {
  const { stdout } = await execa(
    ...inNamespace(namespace, process.execPath, [script, url, String(deadlineSeconds)]),
  );
  const answer: unknown = JSON.parse(stdout);
  if (!isAnswer(answer)) {
    throw new Error(`expected an answer, got ${stdout}`);
  }
  return answer;
}

function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'status' in value &&
    typeof value.status === 'number' &&
    'contentType' in value &&
    typeof value.contentType === 'string' &&
    'text' in value &&
    typeof value.text === 'string' &&
    'seconds' in value &&
    typeof value.seconds === 'number'
  );
}
