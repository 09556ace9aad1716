import { assertSourceError } from '../model/errors.ts';
import { parseNmcliProfile } from '../parsers/nmcli-profile.ts';
import type { CommandResult, RunCommand } from './command.ts';
import type { NetworkConfig } from './network-config.ts';

const maxProfiles = 100;
const ownerOnly = 0o600;
const fields =
  'connection.id,connection.uuid,connection.type,connection.interface-name,connection.autoconnect,connection.autoconnect-priority,802-3-ethernet.mac-address,ethtool';

/** Adds the profiles of NetworkManager whose files only root may read: nmcli shows them to every user. */
export async function withNmcliProfiles(
  config: NetworkConfig,
  run: RunCommand,
): Promise<NetworkConfig> {
  const show = async (columns: string, ...profile: readonly string[]): Promise<CommandResult> =>
    run('nmcli', ['-t', '-f', columns, 'connection', 'show', ...profile]);
  if (!config.unreadable.some(isClosed)) {
    return config;
  }
  try {
    const files = new Map(config.files);
    const { exitCode, stdout } = await show('UUID,FILENAME');
    if (exitCode !== 0) {
      return config;
    }
    for (const line of stdout.split('\n').slice(0, maxProfiles)) {
      const [, uuid, path] = /^([\da-f-]{36}):(\/.*\.nmconnection)$/.exec(line) ?? [];
      if (uuid !== undefined && path !== undefined) {
        const shown = await show(fields, 'uuid', uuid);
        files.set(path, {
          path,
          text: parseNmcliProfile(shown.stdout),
          mode: ownerOnly,
          signature: shown.stdout,
        });
      }
    }
    return { ...config, files, unreadable: config.unreadable.filter((row) => !isClosed(row)) };
  } catch (error) {
    // Without nmcli, the files remain unreadable.
    assertSourceError(error);
    return config;
  }
}

function isClosed({ source, error }: NetworkConfig['unreadable'][number]): boolean {
  return source === 'networkmanager' && error.reason === 'denied';
}
