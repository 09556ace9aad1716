import { describe, expect, test } from 'vitest';

import { ConfigError } from '../model/errors.ts';
import { parseProbeArguments } from './probe-arguments.ts';

const secret = '--secret-file=/etc/nicwatch/probe-secret';

describe('parseProbeArguments()', () => {
  test('serves on all addresses by default', () => {
    expect(parseProbeArguments(['serve', secret, '--node-name=worker-07'])).toEqual({
      action: 'serve',
      options: {
        secretFile: '/etc/nicwatch/probe-secret',
        nodeName: 'worker-07',
        listenAddresses: [{ host: undefined, port: 10_141 }],
      },
    });
  });

  test.each([
    ['10.0.0.7', { host: '10.0.0.7', port: 10_141 }],
    ['10.0.0.7:99', { host: '10.0.0.7', port: 99 }],
    ['worker-07.example', { host: 'worker-07.example', port: 10_141 }],
    ['2001:db8::7', { host: '2001:db8::7', port: 10_141 }],
    ['[2001:db8::7]:99', { host: '2001:db8::7', port: 99 }],
  ])('probes %s', (text, peer) => {
    const invocation = parseProbeArguments(['run', secret, `--to=${text}`, '--to=other']);
    expect(invocation.action === 'run' && invocation.options.peers).toEqual([
      peer,
      { host: 'other', port: 10_141 },
    ]);
  });

  test('takes what a run is asked for', () => {
    const invocation = parseProbeArguments([
      'run',
      secret,
      '--to=a',
      '--node-name=b',
      '--path=pod',
      '--duration=1m30s',
      '--format=json',
      '--color=never',
      '--prove=tso',
    ]);
    expect(invocation).toMatchObject({
      action: 'run',
      options: {
        nodeName: 'b',
        path: 'pod',
        durationSeconds: 90,
        format: 'json',
        color: 'never',
        prove: 'tso',
      },
    });
  });

  test.each([
    [[], 'expected nicwatch probe serve, run or mesh, got ""'],
    [['walk'], 'got "walk"'],
    [['run', '--to=a'], '--secret-file: expected a file'],
    [['run', secret], '--to: expected at least one node'],
    [['run', secret, '--to=a:0'], '--to: expected a node such as'],
    [['run', secret, '--to=a:65536'], 'got "a:65536"'],
    [['run', secret, '--to=a b'], 'got "a b"'],
    [['run', secret, '--to='], 'got ""'],
    [['run', secret, '--to=a', '--path=moon'], '--path: expected pod, host, got "moon"'],
    [['run', secret, '--to=a', '--duration=2h'], '--duration: expected a duration up to 1h'],
    [['run', secret, '--to=a', '--prove=speed'], '--prove: expected an offload feature'],
    [['serve', secret, '--to=a'], 'unknown flag --to'],
    [['serve', secret, 'now'], 'unexpected argument "now"'],
    [['serve', secret, '--listen-address=here'], '--listen-address: expected an address'],
  ])('rejects %j', (argv, message) => {
    expect(() => parseProbeArguments(argv)).toThrow(ConfigError);
    expect(() => parseProbeArguments(argv)).toThrow(message);
  });

  test.each([
    [['--help'], 'nicwatch probe serve'],
    [['run', '--help'], '--prove <feature>'],
    [['serve', '-h'], '--listen-address <address>'],
  ])('explains itself for %j', (argv, text) => {
    const invocation = parseProbeArguments(argv);
    expect(invocation.action === 'help' && invocation.text).toContain(text);
  });
});
