import { describe, expect, test } from 'vitest';

import { knownIssues } from '../catalogue/known-issues.ts';
import { ConfigError } from '../model/errors.ts';
import { parseArguments } from './arguments.ts';
import type { Invocation } from './arguments.ts';
import type { Config } from './config.ts';

const collectors = [
  { name: 'device', description: 'Identity and link.' },
  { name: 'offload', description: 'Offload features.' },
  { name: 'kernel_log', description: 'Records of the kernel log.' },
];

function invocationOf(...argv: readonly string[]): Invocation {
  return parseArguments(argv, collectors);
}

function configOf(...argv: readonly string[]): Config {
  const invocation = invocationOf(...argv);
  if (invocation.action !== 'run') {
    throw new Error(`the arguments ask for ${invocation.action}`);
  }
  return invocation.config;
}

describe('parseArguments', () => {
  test('parseArguments() gives the defaults without arguments', () => {
    expect(invocationOf()).toEqual({
      action: 'run',
      config: {
        listenAddresses: [{ host: undefined, port: 10140 }],
        systemdSocket: false,
        telemetryPath: '/metrics',
        maxRequests: 40,
        exporterMetrics: true,
        collectors: new Set(['device', 'offload', 'kernel_log']),
        deviceInclude: undefined,
        deviceExclude: undefined,
        offloadFeatures: undefined,
        ethtoolRaw: undefined,
        ethtoolRawExclude: undefined,
        knownIssuesFile: undefined,
        lifecycle: false,
        knownIssues,
        wire: { rate: 100, maxSources: 16, ports: [4789, 8472, 6081] },
        pollIntervalSeconds: 15,
        ethtoolReader: 'auto',
        kernelLogSource: 'auto',
        stateDirectory: '/var/lib/nicwatch',
        paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' },
        logLevel: 'info',
        logFormat: 'logfmt',
      },
    });
  });

  test('parseArguments() freezes the configuration', () => {
    const config = configOf();
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.paths)).toBe(true);
  });

  test.each<{ argv: readonly string[]; expected: Partial<Config> }>([
    {
      argv: ['--web.listen-address=127.0.0.1:9100'],
      expected: { listenAddresses: [{ host: '127.0.0.1', port: 9100 }] },
    },
    {
      argv: ['--web.listen-address', '127.0.0.1:9100', '--web.listen-address', '[::1]:9100'],
      expected: {
        listenAddresses: [
          { host: '127.0.0.1', port: 9100 },
          { host: '::1', port: 9100 },
        ],
      },
    },
    { argv: ['--web.telemetry-path=/nic/metrics'], expected: { telemetryPath: '/nic/metrics' } },
    { argv: ['--web.systemd-socket'], expected: { systemdSocket: true } },
    { argv: ['--web.max-requests=0'], expected: { maxRequests: 0 } },
    { argv: ['--web.max-requests=999999'], expected: { maxRequests: 999999 } },
    { argv: ['--web.disable-exporter-metrics'], expected: { exporterMetrics: false } },
    { argv: ['--device.include=eno1|ens3'], expected: { deviceInclude: /^(?:eno1|ens3)$/u } },
    { argv: ['--device.exclude=veth.*'], expected: { deviceExclude: /^(?:veth.*)$/u } },
    {
      argv: ['--collector.offload.features=rx-.*'],
      expected: { offloadFeatures: /^(?:rx-.*)$/u },
    },
    { argv: ['--collector.offload.features=all'], expected: { offloadFeatures: /^(?:.*)$/u } },
    { argv: ['--collector.ethtool.raw=rx.*'], expected: { ethtoolRaw: /^(?:rx.*)$/u } },
    { argv: ['--collector.ethtool.raw-exclude=x'], expected: { ethtoolRawExclude: /^(?:x)$/u } },
    {
      argv: ['--collector.wire.rate=5', '--collector.wire.max-sources=1000'],
      expected: { wire: { rate: 5, maxSources: 1000, ports: [4789, 8472, 6081] } },
    },
    {
      argv: ['--collector.wire.ports=4789,65535'],
      expected: { wire: { rate: 100, maxSources: 16, ports: [4789, 65_535] } },
    },
    { argv: ['--web.enable-lifecycle'], expected: { lifecycle: true } },
    { argv: ['--known-issues.file=a.yml'], expected: { knownIssuesFile: 'a.yml' } },
    { argv: ['--poll.interval=1s'], expected: { pollIntervalSeconds: 1 } },
    { argv: ['--poll.interval=1m30s'], expected: { pollIntervalSeconds: 90 } },
    { argv: ['--poll.interval=1h'], expected: { pollIntervalSeconds: 3600 } },
    { argv: ['--poll.interval=5s', '--poll.interval=7s'], expected: { pollIntervalSeconds: 7 } },
    { argv: ['--ethtool.reader=command'], expected: { ethtoolReader: 'command' } },
    { argv: ['--kernel-log.source=kmsg'], expected: { kernelLogSource: 'kmsg' } },
    { argv: ['--kernel-log.source=journal'], expected: { kernelLogSource: 'journal' } },
    { argv: ['--state.directory=/run/nicwatch'], expected: { stateDirectory: '/run/nicwatch' } },
    { argv: ['--kernel-log.source=none'], expected: { kernelLogSource: 'none' } },
    {
      argv: ['--path.procfs=/host/proc', '--path.sysfs=/host/sys', '--path.rootfs=/host'],
      expected: { paths: { procfs: '/host/proc', sysfs: '/host/sys', rootfs: '/host' } },
    },
    { argv: ['--log.level=debug'], expected: { logLevel: 'debug' } },
    { argv: ['--log.format=json'], expected: { logFormat: 'json' } },
  ])('parseArguments() takes $argv', ({ argv, expected }) => {
    expect(configOf(...argv)).toEqual({ ...configOf(), ...expected });
  });

  test.each([
    { argv: ['--no-collector.offload'], enabled: ['device', 'kernel_log'] },
    { argv: ['--collector.offload'], enabled: ['device', 'offload', 'kernel_log'] },
    { argv: ['--collector.disable-defaults'], enabled: [] },
    {
      argv: ['--collector.disable-defaults', '--collector.kernel_log'],
      enabled: ['kernel_log'],
    },
    {
      argv: ['--collector.kernel_log', '--collector.device', '--collector.disable-defaults'],
      enabled: ['device', 'kernel_log'],
    },
    {
      argv: ['--collector.offload', '--no-collector.offload'],
      enabled: ['device', 'kernel_log'],
    },
    {
      argv: ['--no-collector.offload', '--collector.offload'],
      enabled: ['device', 'offload', 'kernel_log'],
    },
  ])('parseArguments() enables collectors by $argv', ({ argv, enabled }) => {
    expect([...configOf(...argv).collectors]).toEqual(enabled);
  });

  test('parseArguments() selects the check with --config.check', () => {
    const invocation = invocationOf('--config.check', '--log.level=error');
    expect(invocation).toMatchObject({ action: 'check', config: { logLevel: 'error' } });
  });

  test('parseArguments() selects the version with --version', () => {
    expect(invocationOf('--version')).toEqual({ action: 'version' });
  });

  test.each([{ argv: ['--help'] }, { argv: ['-h'] }, { argv: ['--log.level=debug', '--help'] }])(
    'parseArguments() gives the help with $argv',
    ({ argv }) => {
      expect(invocationOf(...argv)).toEqual({
        action: 'help',
        text: expect.stringMatching(
          /--poll\.interval <duration> [^]*\(default:\s+15s\)[^]*--collector\.kernel_log /,
        ),
      });
    },
  );

  test.each([
    { argv: ['--web.listen-address=10140'], flag: '--web.listen-address', got: '"10140"' },
    { argv: ['--web.telemetry-path=metrics'], flag: '--web.telemetry-path', got: '"metrics"' },
    {
      argv: ['--web.telemetry-path=/-/healthy'],
      flag: '--web.telemetry-path',
      got: '"/-/healthy"',
    },
    { argv: ['--web.telemetry-path=/a?b'], flag: '--web.telemetry-path', got: '"/a?b"' },
    { argv: ['--web.max-requests=-1'], flag: '--web.max-requests', got: '"-1"' },
    { argv: ['--web.max-requests=many'], flag: '--web.max-requests', got: '"many"' },
    { argv: ['--web.max-requests=1000000'], flag: '--web.max-requests', got: '"1000000"' },
    { argv: ['--collector.wire.rate=0'], flag: '--collector.wire.rate', got: '"0"' },
    {
      argv: ['--collector.wire.max-sources=1001'],
      flag: '--collector.wire.max-sources',
      got: '"1001"',
    },
    { argv: ['--collector.wire.ports=1,,2'], flag: '--collector.wire.ports', got: '"1,,2"' },
    { argv: ['--collector.wire.ports=65536'], flag: '--collector.wire.ports', got: '"65536"' },
    { argv: ['--device.include=('], flag: '--device.include', got: '"("' },
    { argv: ['--device.exclude', '['], flag: '--device.exclude', got: '"["' },
    {
      argv: ['--collector.offload.features=*'],
      flag: '--collector.offload.features',
      got: '"*"',
    },
    { argv: ['--poll.interval=15'], flag: '--poll.interval', got: '"15"' },
    { argv: ['--poll.interval=999ms'], flag: '--poll.interval', got: '"999ms"' },
    { argv: ['--poll.interval=1h1ms'], flag: '--poll.interval', got: '"1h1ms"' },
    {
      argv: [`--poll.interval=${'9'.repeat(400)}h`],
      flag: '--poll.interval',
      got: `"${'9'.repeat(120)}…"`,
    },
    { argv: ['--ethtool.reader=netlink'], flag: '--ethtool.reader', got: '"netlink"' },
    { argv: ['--kernel-log.source=syslog'], flag: '--kernel-log.source', got: '"syslog"' },
    { argv: ['--path.procfs=proc'], flag: '--path.procfs', got: '"proc"' },
    { argv: ['--path.sysfs='], flag: '--path.sysfs', got: '""' },
    { argv: ['--path.rootfs=/a\0b'], flag: '--path.rootfs', got: String.raw`"/a\u0000b"` },
    { argv: ['--log.level=trace'], flag: '--log.level', got: '"trace"' },
    { argv: ['--log.format=text'], flag: '--log.format', got: '"text"' },
    { argv: ['--collector.ethtool.raw=('], flag: '--collector.ethtool.raw', got: '"("' },
    {
      argv: ['--collector.ethtool.raw-exclude='],
      flag: '--collector.ethtool.raw-exclude',
      got: '""',
    },
    { argv: ['--known-issues.file='], flag: '--known-issues.file', got: '""' },
  ])('parseArguments() rejects $argv', ({ argv, flag, got }) => {
    const parse = (): Invocation => invocationOf(...argv);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`${flag}: expected `);
    expect(parse).toThrow(`, got ${got}`);
  });

  test.each([
    { why: 'an unknown flag', argv: ['--foo'], message: 'unknown flag --foo' },
    {
      why: 'a mistyped flag',
      argv: ['--poll.intervall=1s'],
      message: 'unknown flag --poll.intervall',
    },
    { why: 'an unknown short flag', argv: ['-x'], message: 'unknown flag -x' },
    { why: 'an odd flag', argv: ["--a'\n=b"], message: String.raw`unknown flag "--a'\n"` },
    {
      why: 'an unknown collector',
      argv: ['--collector.gpu'],
      message: 'unknown flag --collector.gpu',
    },
    {
      why: 'an unknown collector to disable',
      argv: ['--no-collector.gpu'],
      message: 'unknown flag --no-collector.gpu',
    },
    {
      why: 'a flag with a value it does not take',
      argv: ['--web.systemd-socket=true'],
      message: 'flag --web.systemd-socket takes no argument, got "--web.systemd-socket=true"',
    },
    {
      why: 'a flag without its value',
      argv: ['--log.level'],
      message: 'expected an argument for flag --log.level',
    },
    { why: 'a word', argv: ['eno1'], message: 'unexpected argument "eno1"' },
  ])('parseArguments() rejects $why and points to the help', ({ argv, message }) => {
    expect(() => invocationOf(...argv)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: `error: ${message}, try --help` }),
    );
  });

  test('parseArguments() rejects a mistake beside --version', () => {
    expect(() => invocationOf('--version', '--log.level=trace')).toThrow(ConfigError);
  });
});
