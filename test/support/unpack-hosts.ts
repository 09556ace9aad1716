import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { parseTree, writeTree } from '../../scripts/file-tree.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with the unpacked hosts. */
    readonly hosts: string;
  }
}

const hosts = new URL('../hosts', import.meta.url).pathname;

/** Unpacks the hosts of `test/hosts/` for all tests of a run, and deletes them after it. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-hosts-'));
  const unpack = (): void => {
    for (const host of readdirSync(hosts)) {
      rmSync(join(folder, host), { recursive: true, force: true });
      const text = readFileSync(join(hosts, host, 'recording.txt'), 'utf8');
      writeTree(parseTree(text), join(folder, host));
    }
  };
  unpack();
  project.onTestsRerun(async () => {
    unpack();
  });
  project.provide('hosts', folder);
  return () => {
    rmSync(folder, { recursive: true });
  };
}
