import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseMeshArguments } from './mesh-arguments.ts';

const needed = ['--peer=mesh.example', '--secret-file=/run/secret', '--node-name=a'];

describe('parseMeshArguments()', () => {
  test('has defaults for all but the peers and the secret', () => {
    expect(parseMeshArguments(needed)).toEqual({
      action: 'mesh',
      options: {
        peers: [{ host: 'mesh.example', port: 10_141 }],
        secretFile: '/run/secret',
        nodeName: 'a',
        path: 'host',
        kilobitsPerSecond: 300,
        listenAddresses: [{ host: undefined, port: 10_141 }],
        webListenAddresses: [{ host: undefined, port: 10_142 }],
        webConfigFile: undefined,
      },
    });
  });

  test('takes several peers and addresses', () => {
    const flags = ['--peer=[2001:db8::7]:20001', '--listen-address=[::1]:1', '--path=pod'];
    expect(parseMeshArguments([...needed, ...flags, '--rate=600'])).toMatchObject({
      options: {
        peers: [{ host: 'mesh.example' }, { host: '2001:db8::7', port: 20_001 }],
        listenAddresses: [{ host: '::1', port: 1 }],
        path: 'pod',
        kilobitsPerSecond: 600,
      },
    });
  });

  test.each([
    { argv: needed.slice(1), message: '--peer: expected at least one node or name, got none' },
    { argv: needed.slice(0, 1), message: '--secret-file: expected' },
    { argv: [...needed, '--rate=9'], message: '--rate: expected' },
    { argv: [...needed, '--rate=1e3'], message: 'got "1e3"' },
    { argv: [...needed, '--path=overlay'], message: '--path: expected pod, host, got "overlay"' },
    { argv: [...needed, '--to=b'], message: 'unknown flag --to' },
    { argv: [...needed, 'b'], message: 'unexpected argument "b"' },
  ])('rejects $argv', ({ argv, message }) => {
    expect(() => parseMeshArguments(argv)).toThrow(ConfigError);
    expect(() => parseMeshArguments(argv)).toThrow(message);
  });

  test('explains its flags', () => {
    expect(parseMeshArguments(['--help'])).toMatchObject({
      action: 'help',
      text: expect.stringContaining('--peer <host[:port]>'),
    });
  });
});
