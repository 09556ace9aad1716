// What draining 10,000 records of the kernel log costs. Budget: 100 ms of CPU.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { parseTree } from '../scripts/file-tree.mjs';
import { emptyHost } from './empty-host.ts';
import type { Host } from '../src/host/host.ts';
import { readKmsg } from '../src/host/kmsg.ts';
import { openLibc } from '../src/host/libc.ts';
import { tuneRuntime } from '../src/host/runtime.ts';
import { createWaitReadable } from '../src/host/wait-readable.ts';
import { createKernelLogFollower } from '../src/kernel-log/follow.ts';
import { parseKmsgRecord } from '../src/parsers/kmsg.ts';

const recordCount = 10_000;

/** CPU milliseconds used by the process. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Recorded reads of /dev/kmsg, repeated with new sequence numbers. */
function recordedReads(): readonly string[] {
  const recording = readFileSync('test/hosts/debian-6.12.95-qemu/recording.txt', 'utf8');
  const reads = /^kmsg\/(?:boot|hwcsum|hang-eno1-persist|deadloop-vxlan|linkflap)\.kmsg\.raw$/;
  const records = parseTree(recording)
    .filter(({ path }) => reads.test(path))
    .flatMap(({ content }) => content?.toString().split(/^(?=\d+,\d+,\d+,)/m) ?? []);
  return Array.from({ length: recordCount }, (_, index) =>
    (records[index % records.length] ?? '').replace(/^(\d+),\d+,/, `$1,${index},`),
  );
}

function hostWith(kernelLog: Host['kernelLog']): Host {
  return {
    ...emptyHost,
    devices: () => [],
    packetCounters: async () => undefined,
    readFile: async () => 'btime 1\n',
    readProcNet: () => '',
    ethtoolReader: 'command',
    kernelLog,
    now: () => new Date(),
  };
}

/** Measures how long a follower takes to catch up with a log. */
async function drain(host: Host): Promise<{ readonly records: number; readonly cpu: number }> {
  const ending = new AbortController();
  const follower = createKernelLogFollower({ host, source: 'kmsg' });
  const before = cpuMilliseconds();
  const running = follower.run(ending.signal);
  await follower.caughtUp;
  const cpu = cpuMilliseconds() - before;
  ending.abort();
  await running;
  return { records: follower.state().sources[0]?.records ?? 0, cpu };
}

// As the agent does.
tuneRuntime();
const reads = recordedReads();
const recorded = await drain(
  hostWith(async function* (_source, { signal }) {
    for (let start = 0; start < reads.length; start += 256) {
      yield {
        records: reads.slice(start, start + 256).map((read) => parseKmsgRecord(read)),
        caughtUp: false,
      };
    }
    yield { records: [], caughtUp: true };
    await setTimeout(2 ** 30, undefined, { signal, ref: false }).catch(() => {});
  }),
);
console.log(
  `recorded log, once:          ${recorded.records} records, ${recorded.cpu.toFixed(1)} ms`,
);

const waitReadable = createWaitReadable(await openLibc());
const kmsg = hostWith((_source, { signal }) => readKmsg('/dev/kmsg', { signal, waitReadable }));
let [records, cpu] = [0, 0];
while (records < recordCount) {
  const once = await drain(kmsg);
  records += once.records;
  cpu += once.cpu;
}
const perTenThousand = (cpu / records) * recordCount;
console.log(`/dev/kmsg, again and again:  ${recordCount} records, ${perTenThousand.toFixed(1)} ms`);
