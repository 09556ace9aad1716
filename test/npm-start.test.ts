import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const buildScripts = ['build', 'bundle-worker', 'licenses', 'version'];

test('npm start installs the packages that the agent is built from, and no other', () => {
  const ensure = readFileSync(`${root}/scripts/ensure.sh`, 'utf8');
  const [, names = ''] =
    /^ensure_build_packages\(\) \{\n {2}local names=\((.+?)\)/m.exec(ensure) ?? [];
  const files = [
    ...readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.test|\.d)\.ts$/.test(name))
      .map((name) => `src/${name}`),
    ...buildScripts.map((name) => `scripts/${name}.mjs`),
  ];
  const imported = files.flatMap((file) =>
    [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(
        /(?:from |import\()'(?!node:|\.)((?:@[^/']+\/)?[^/']+)/g,
      ),
    ].map(([, name = '']) => name),
  );
  // Optional, and installed with any of them.
  const expected = new Set(imported.filter((name) => name !== 'koffi'));
  expect(names.split(' ')).toEqual([...expected].toSorted());
});
