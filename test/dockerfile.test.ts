import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Arg, Copy, DockerfileParser, From } from 'dockerfile-ast';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(`${root}/Dockerfile`, 'utf8');
const dockerfile = DockerfileParser.parse(text);
const instructions = dockerfile.getInstructions();
const stages = instructions.filter((instruction) => instruction instanceof From);
const copies = instructions
  .filter((instruction) => instruction instanceof Copy)
  .map((copy) => ({
    from: copy.getFromFlag()?.getValue() ?? undefined,
    sources: copy.getArguments().slice(0, -1).map(String),
  }));

/** What .dockerignore lets into the build: all is ignored but what an exclamation mark names. */
const sent = readFileSync(`${root}/.dockerignore`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

describe('the Dockerfile', () => {
  test('copies from the repository only what is there and is sent to the build', () => {
    const sources = copies
      .filter(({ from }) => from === undefined)
      .flatMap(({ sources: own }) => own);
    expect(sources).not.toEqual([]);
    for (const source of sources) {
      expect(existsSync(`${root}/${source}`), source).toBe(true);
      expect(sent.map((name) => name.replace(/\/$/, ''))).toContain(source.split('/')[0]);
    }
  });

  test('copies from a stage only what the build makes', () => {
    const sources = copies
      .filter(({ from }) => from !== undefined)
      .flatMap(({ sources: own }) => own.map((source) => source.replace('/build/', '')));
    expect(sources).not.toEqual([]);
    for (const source of sources) {
      // The first is made in the image only, by the script that packs the Debian package too.
      expect(source === 'runtime' || existsSync(`${root}/${source}`), source).toBe(true);
    }
  });

  test('uses every stage but the last, which is the image', () => {
    const names = stages.map((stage) => stage.getBuildStage());
    const used = copies.flatMap(({ from }) => from ?? []);
    expect(names.slice(0, -1)).toEqual([...new Set(used)]);
  });

  test('runs a slim Node 24 of a known digest, not as root, with a health check', () => {
    const base = instructions.find((instruction) => instruction instanceof Arg);
    expect(base?.getArgumentsContent()).toMatch(/^BASE=node:24-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(new Set(stages.map((stage) => stage.getImage()))).toEqual(new Set(['$BASE']));
    const users = instructions.filter((instruction) => instruction.getKeyword() === 'USER');
    expect(users.at(-1)?.getArgumentsContent()).toBe('node');
    expect(instructions.map((instruction) => instruction.getKeyword())).toContain('HEALTHCHECK');
  });

  test('links nicwatch to the path, where the documentation runs it in a container', () => {
    const programs = ['docs', 'docs/runbooks', 'deploy/helm/nicwatch', '.']
      .flatMap((folder) =>
        readdirSync(`${root}/${folder}`)
          .filter((name) => name.endsWith('.md') || name === 'Dockerfile')
          .map((name) => readFileSync(`${root}/${folder}/${name}`, 'utf8')),
      )
      .flatMap((page) => [...page.matchAll(/\bexec (?:POD --|CONTAINER) (\S+)/g)])
      .map(([, program]) => program);
    expect(programs.length).toBeGreaterThan(2);
    expect(new Set(programs)).toEqual(new Set(['nicwatch']));
    const entry = instructions.find((instruction) => instruction.getKeyword() === 'ENTRYPOINT');
    expect(entry?.getArgumentsContent()).toBe('["/usr/local/lib/nicwatch/nicwatch.cjs"]');
    expect(text).toContain('ln -s ../lib/nicwatch/nicwatch.cjs /usr/local/bin/nicwatch\n');
  });
});
