// Runs in a network namespace of its own, see soak.ts.
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { agentFlags, nicwatchCommand, startExporter } from './exporter.ts';
import { addVethDevices, ipBatch, vethDevices } from './namespace.ts';
import { scrape } from './scrape.ts';
import { pollSimulatedHost } from './simulated-polls.ts';
import { createSteadiness } from './steadiness.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    ...agentFlags,
    polls: { type: 'string', default: '100000' },
    scrapes: { type: 'string', default: '2000' },
  },
});

/** Devices of the namespace: a permanent set, and one pair that is replaced at intervals of scrapes. */
const deviceCount = 20;
const scrapesPerChange = 5;
/** Apart by so much, every tenth scrape or so makes the agent poll. */
const scrapeIntervalMilliseconds = 100;

process.once('SIGINT', () => process.exit(130));
const problems = [
  ...(await soakSimulation(Number(options.polls))),
  ...(await soakAgent(Number(options.scrapes))),
];
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length > 0 ? 1 : 0;

/** The agent in this process, on a simulated host, so that a day takes minutes. */
async function soakSimulation(polls: number): Promise<readonly string[]> {
  console.log(`${polls} polls of a simulated host, devices coming and going`);
  const steadiness = createSteadiness(process.pid, { total: polls, comparedTenths: 1 });
  await pollSimulatedHost(polls, steadiness.done);
  return steadiness.problems();
}

/** The built agent on real devices that are created and deleted, with real sockets. */
async function soakAgent(scrapes: number): Promise<readonly string[]> {
  console.log(`${scrapes} scrapes of the built agent, devices coming and going`);
  addVethDevices(0, deviceCount);
  const agent = await startExporter(
    nicwatchCommand(options, {
      devices: vethDevices,
      stateDirectory: temporaryDirectory(),
    }),
  );
  const steadiness = createSteadiness(agent.pid, {
    // Few polls for so much time: garbage is collected in waves longer than a tenth.
    total: scrapes,
    comparedTenths: 4,
  });
  let oldest = 0;
  let next = deviceCount;
  for (let count = 1; count <= scrapes; count += 1) {
    if (count % scrapesPerChange === 0) {
      ipBatch([`link delete bench${oldest}`]);
      addVethDevices(next, next + 2);
      oldest += 2;
      next += 2;
    }
    await scrape(agent.port);
    await setTimeout(scrapeIntervalMilliseconds);
    steadiness.done(count);
  }
  await agent.stop();
  return steadiness.problems();
}
