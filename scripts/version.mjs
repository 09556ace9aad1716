// The version of every artefact: `node scripts/version.mjs [npm|debian]` prints it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = readVersion();
  console.log(process.argv[2] === 'debian' ? debianVersion(version) : version);
}

/**
 * The version of the commit: `0.2.0` where the tag v0.2.0 is on it, else one of the way there, in the order of commits:
 * `0.2.0-git.20261121201344.g1a2b3c4`. Without a repository, as in a container build, NICWATCH_VERSION says it.
 */
export function readVersion() {
  if (process.env.NICWATCH_VERSION) {
    return process.env.NICWATCH_VERSION;
  }
  const { version: next } = JSON.parse(readFileSync(`${repository}/package.json`, 'utf8'));
  const tags = git('tag', '--points-at=HEAD', '--list', 'v*');
  if (tags === undefined) {
    return next;
  }
  const release = tags.split('\n').find((tag) => /^v\d+\.\d+\.\d+$/.test(tag));
  return release === undefined
    ? `${next}-git.${git('log', '-1', '--date=format-local:%Y%m%d%H%M%S', '--format=%cd.g%h')}`
    : release.slice(1);
}

/** The same for dpkg, which sorts a tilde before the release: `0.2.0~git20261121201344.1a2b3c4`. */
export function debianVersion(version) {
  return version.replace(/-git\.(\d+)\.g/, '~git$1.').replaceAll('-', '~');
}

/** The output of git; undefined without a repository. */
function git(...args) {
  try {
    return execFileSync('git', ['-C', repository, ...args], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
