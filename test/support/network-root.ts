import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { execa } from 'execa';

import type { Feature } from '../../src/model/device.ts';
import { parseEthtoolFeatures } from '../../src/parsers/ethtool-features.ts';
import { installDebian } from './debian-root.ts';

const script = new URL('run-in-root.sh', import.meta.url).pathname;

/** A Debian of a test's own, in which a network is configured in namespaces that nobody else sees. */
export interface NetworkRoot {
  /** Lays files over it, runs commands of a shell, and gives the features of the one device eno1 is, or has become. */
  run(files: Readonly<Record<string, string>>, commands: string): Promise<readonly Feature[]>;
  delete(): void;
}

/** Installs a Debian from its packages. */
export async function createNetworkRoot(packages: readonly string[]): Promise<NetworkRoot> {
  const folder = mkdtempSync(join(tmpdir(), 'nicwatch-network-'));
  const root = join(folder, 'root');
  try {
    await installDebian(root, {
      suite: 'trixie',
      packages: ['ethtool', 'iproute2', ...packages],
    });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    run: async (files, commands) => {
      const overlay = mkdtempSync(join(folder, 'files-'));
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(overlay, path)), { recursive: true });
        writeFileSync(join(overlay, path), text, {
          mode: path.endsWith('.nmconnection') ? 0o600 : 0o644,
        });
      }
      await execa('chmod', ['0755', overlay]);
      const { stdout } = await execa(
        script,
        [
          root,
          overlay,
          `(${commands}) >/dev/null 2>&1; ethtool -k "$(ls /sys/class/net | grep '^e')"`,
        ],
        { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }, timeout: 50_000 },
      );
      return parseEthtoolFeatures(`${stdout}\n`);
    },
    delete: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
