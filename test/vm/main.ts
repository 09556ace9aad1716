import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { cases } from './cases/index.ts';
import { debianProblem } from './debian.ts';
import { fetchPackages, kernelSuites } from './image.ts';
import type { Kernel } from './image.ts';
import { createLab } from './lab.ts';
import { noObservations } from './observation.ts';
import type { Observations } from './observation.ts';
import { createReport, formatReport } from './report.ts';
import type { Verdict } from './report.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string', multiple: true },
    case: { type: 'string', multiple: true },
    // Only downloads.
    fetch: { type: 'boolean', default: false },
    // Keeps what was observed, for `npm run docs`.
    record: { type: 'boolean', default: false },
  },
});
const kernels = Object.keys(kernelSuites).filter(isKernel);
const chosenKernels = (values.kernel ?? kernels).map((name) => {
  if (!isKernel(name)) {
    return fail(`expected a kernel (${kernels.join(', ')}), got ${JSON.stringify(name)}`);
  }
  return name;
});
const chosenCases = cases.filter(
  ({ name }) => values.case === undefined || values.case.some((part) => name.includes(part)),
);
if (chosenCases.length === 0) {
  fail(
    `expected part of the name of a case, got ${JSON.stringify(values.case)}; the cases are:\n${cases.map(({ name }) => `  ${name}`).join('\n')}`,
  );
}
const problem = debianProblem();
if (problem !== undefined) {
  fail(problem);
}
const verdicts: Verdict[] = [];
for (const kernel of chosenKernels) {
  if (values.fetch) {
    await fetchPackages(kernel);
  } else {
    await testKernel(kernel);
  }
}
if (!values.fetch) {
  console.log(`\n${formatReport(verdicts)}`);
  process.exitCode = verdicts.every(({ passed }) => passed) ? 0 : 1;
}

async function testKernel(kernel: Kernel): Promise<void> {
  const startedAt = Date.now();
  const lab = await createLab(kernel);
  console.error(
    `\n== kernel ${kernel} (${lab.image.kernelVersion}, QEMU ${lab.qemu.version}), booted in ${seconds(startedAt)} s`,
  );
  const observations = noObservations({
    kernel,
    kernelVersion: lab.image.kernelVersion,
    qemuVersion: lab.qemu.version,
  });
  try {
    for (const { name, run } of chosenCases) {
      const begunAt = Date.now();
      console.error(name);
      const report = createReport({ caseName: `${kernel} ${name}`, verdicts, observations });
      try {
        await run(lab, report);
      } catch (error) {
        report.fail(error);
      }
      console.error(`  ${seconds(begunAt)} s`);
    }
  } finally {
    await lab.stop();
  }
  if (values.record) {
    await record(observations);
  }
}

/** What some cases alone observed replaces only what was kept of these. */
async function record(observations: Observations): Promise<void> {
  const folder = join('test', 'vm', 'observed');
  const file = join(folder, `${observations.kernel}.json`);
  const kept: object = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {};
  const seen = Object.entries(observations).filter(
    ([name, value]) => value.length > 0 || !Object.hasOwn(kept, name),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ ...kept, ...Object.fromEntries(seen) }, undefined, 2)}\n`,
  );
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}

function isKernel(name: string): name is Kernel {
  return Object.hasOwn(kernelSuites, name);
}

function fail(message: string): never {
  console.error(`nicwatch: ${message}`);
  process.exit(2);
}
