import { setTimeout } from 'node:timers/promises';

import { runtimeFlags } from '../../scripts/runtime-flags.mjs';
import { builtAgent } from '../support/agent-process.ts';
import type { Exposition } from '../support/exposition.ts';
import { buildImage, findQemu } from './image.ts';
import type { Image, Kernel, Qemu } from './image.ts';
import { createKernelLog } from './kernel-log.ts';
import type { KernelLog } from './kernel-log.ts';
import { bootMachine, createMachineFolder } from './machine.ts';
import type { Machine } from './machine.ts';
import { startTimeline } from './timeline.ts';
import type { Timeline } from './timeline.ts';

/** A machine with the agent in it. */
export interface Lab {
  readonly image: Image;
  readonly qemu: Qemu;
  readonly machine: Machine;
  readonly log: KernelLog;
  readonly timeline: Timeline;
  startAgent(): Promise<void>;
  /** With SIGKILL. */
  killAgent(): Promise<void>;
  /** Cuts the power, boots again and starts the agent. Machine, log and timeline are new ones then. */
  cutPower(): Promise<void>;
  stop(): Promise<void>;
}

const timeLimitSeconds = 3600;
/** Generous, for a machine that is busy with something else. */
const answerSeconds = 300;

/** Boots a machine and starts the agent in it. */
export async function createLab(kernel: Kernel): Promise<Lab> {
  const qemu = await findQemu();
  const image = await buildImage(kernel);
  const folder = createMachineFolder();
  const boot = async (): Promise<Pick<Lab, 'machine' | 'log' | 'timeline'>> => {
    const machine = await bootMachine({ image, qemu, folder, timeLimitSeconds });
    try {
      await startAgent(machine);
    } catch (error) {
      await machine.cutPower();
      throw error;
    }
    return { machine, log: createKernelLog(machine), timeline: startTimeline(machine) };
  };
  const halt = async (): Promise<void> => {
    await current.timeline.stop();
    await current.machine.cutPower();
  };
  let current = await boot();
  return {
    image,
    qemu,
    get machine() {
      return current.machine;
    },
    get log() {
      return current.log;
    },
    get timeline() {
      return current.timeline;
    },
    startAgent: async () => startAgent(current.machine),
    killAgent: async () => {
      await current.machine.run('kill -9 "$(cat /run/agent.pid)"');
    },
    cutPower: async () => {
      await halt();
      current = await boot();
    },
    stop: halt,
  };
}

/** Scrapes until a condition holds, or for so many seconds. @returns the last scrape. */
export async function scrapeUntil(
  machine: Machine,
  condition: (exposition: Exposition) => boolean,
  seconds: number = 20,
): Promise<Exposition> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const exposition = await machine.scrape();
    if (condition(exposition) || Date.now() > deadline) {
      return exposition;
    }
    await setTimeout(250);
  }
}

async function startAgent(machine: Machine): Promise<void> {
  const flags = [
    '--web.listen-address=0.0.0.0:9100',
    '--state.directory=/state/nicwatch',
    '--collector.wire',
    '--collector.wire.rate=1000',
  ];
  const command = ['node', ...runtimeFlags(builtAgent()), 'nicwatch.cjs', ...flags].join(' ');
  await machine.run(
    `cd /agent; setsid ${command} >>/run/agent.log 2>&1 </dev/null & echo $! >/run/agent.pid`,
  );
  const deadline = Date.now() + answerSeconds * 1000;
  while ((await machine.fetch('/-/ready')) === undefined) {
    if (Date.now() > deadline) {
      throw new Error(`the agent does not start: ${await machine.run('cat /run/agent.log')}`);
    }
    await setTimeout(100);
  }
}
