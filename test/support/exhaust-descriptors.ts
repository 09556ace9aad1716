// A program of its own, to be run with a low limit of descriptors. It opens files until none are left, runs commands with
// one more descriptor to be had each time, and prints how that went, one attempt a line, as JSON.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { closeSync, openSync } from 'node:fs';
import process from 'node:process';

import { createRunCommand, streamLines } from '../../src/host/command.ts';
import { SourceError } from '../../src/model/errors.ts';

/** More than it takes to start a command. */
const enoughDescriptors = 16;

const { signal } = new AbortController();
const runCommand = createRunCommand(signal);

void main();

async function main(): Promise<void> {
  const taken = takeAll();
  await attempt('none');
  giveBack(taken.splice(0));
  await attempt('all');
  taken.push(...takeAll());
  for (let count = 0; count < enoughDescriptors; count += 1) {
    await attempt('some');
    giveBack(taken.splice(-1));
  }
  await attemptInVain();
  giveBack(taken);
  await attempt('all');
}

/** Another thread takes the last descriptors when a command is about to be started. */
async function attemptInVain(): Promise<void> {
  const taken: number[] = [];
  const takeMeanwhile = (): void => {
    taken.push(...takeAll());
  };
  subscribe('child_process', takeMeanwhile);
  for (const run of [runOnce, streamOnce]) {
    const outcome = await run();
    giveBack(taken.splice(0));
    report({ left: 'none, all of a sudden', outcomes: [outcome] });
  }
  unsubscribe('child_process', takeMeanwhile);
}

/** Descriptors until there are no more. */
function takeAll(): number[] {
  const descriptors: number[] = [];
  for (;;) {
    try {
      descriptors.push(openSync('/dev/null', 'r'));
    } catch {
      return descriptors;
    }
  }
}

function giveBack(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) {
    closeSync(descriptor);
  }
}

function countFree(): number {
  const descriptors = takeAll();
  giveBack(descriptors);
  return descriptors.length;
}

async function attempt(left: 'none' | 'some' | 'all'): Promise<void> {
  const before = countFree();
  const outcomes = [await runOnce(), await streamOnce()];
  report({ left, before, outcomes, after: countFree() });
}

async function runOnce(): Promise<unknown> {
  return outcomeOf(async () => (await runCommand('echo', ['ran'])).stdout);
}

async function streamOnce(): Promise<unknown> {
  return outcomeOf(async () => {
    const lines: string[] = [];
    for await (const batch of streamLines('echo', ['ran'], signal)) {
      lines.push(...batch);
    }
    return lines.join('\n');
  });
}

async function outcomeOf(run: () => Promise<string>): Promise<unknown> {
  try {
    return (await run()).trim();
  } catch (error) {
    return error instanceof SourceError
      ? { reason: error.reason, message: error.message }
      : { unexpected: String(error) };
  }
}

function report(attempted: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(attempted)}\n`);
}
