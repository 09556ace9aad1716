import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import type { RunCommand } from './command.ts';
import type { NetworkConfig } from './network-config.ts';
import { withNmcliProfiles } from './nmcli-profiles.ts';

const path = '/etc/NetworkManager/system-connections';
const uuid = '9c1d4c1c-5a3c-4d0a-a0b8-0a3a5a1a0001';

function closed(reason: 'denied' | 'failed'): NetworkConfig {
  const error = new SourceError(reason, `cannot read ${path}`);
  return {
    files: new Map(),
    present: new Set(),
    unreadable: [
      { source: 'networkmanager', path, error },
      { source: 'netplan', path: '/etc/netplan/a.yaml', error: new SourceError('denied', 'no') },
    ],
  };
}

const nmcli: RunCommand = async (_file, argv) => ({
  exitCode: 0,
  stderr: '',
  stdout: argv.includes('uuid')
    ? 'connection.id:wired\nethtool.feature-tso:off\n'
    : `${uuid}:${path}/a.nmconnection\nnonsense\n`,
});

const forbidden: RunCommand = async () => {
  throw new Error('not to be run');
};
const missing: RunCommand = async () => {
  throw new SourceError('absent', 'nmcli: not installed');
};
const failing: RunCommand = async () => ({ exitCode: 8, stdout: '', stderr: 'not running' });

describe('withNmcliProfiles()', () => {
  test('reads unreadable profiles with nmcli', async () => {
    const { files, unreadable } = await withNmcliProfiles(closed('denied'), nmcli);
    expect([...files.values()]).toMatchObject([
      { path: `${path}/a.nmconnection`, text: expect.stringContaining('feature-tso=false') },
    ]);
    expect(unreadable.map(({ source }) => source)).toEqual(['netplan']);
  });

  test('does not run nmcli if the files are readable or invalid', async () => {
    const config = closed('failed');
    expect(await withNmcliProfiles(config, forbidden)).toBe(config);
  });

  test('leaves them unreadable if nmcli fails', async () => {
    const config = closed('denied');
    expect(await withNmcliProfiles(config, missing)).toBe(config);
    expect(await withNmcliProfiles(config, failing)).toBe(config);
  });
});
