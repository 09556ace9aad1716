import { Command } from 'commander';

import { knownIssues } from '../catalogue/known-issues.ts';
import {
  countBetween,
  oneOf,
  parseAbsolutePath,
  parseAnchoredRegExp,
  parseListenAddress,
  parsePath,
  parsePollInterval,
  parseTelemetryPath,
} from './flag-values.ts';
import { parseCommandLine } from './command-line.ts';
import type { Config } from './config.ts';
import { flag, listFlag, toggle } from './flags.ts';
import { addCollectorFlags, addWireFlags } from './collector-flags.ts';
import type { CollectorFlag } from './collector-flags.ts';

/** The action the command line selects. */
export type Invocation =
  | { readonly action: 'run' | 'check'; readonly config: Config }
  | { readonly action: 'help'; readonly text: string }
  | { readonly action: 'version' };

/**
 * Parses the command line into a frozen configuration.
 *
 * @param argv arguments without the program's name
 * @param collectors each gets a `--[no-]collector.NAME` flag
 * @throws {ConfigError} naming the flag and the expected value.
 */
export function parseArguments(
  argv: readonly string[],
  collectors: readonly CollectorFlag[],
): Invocation {
  const program = new Command('nicwatch')
    .description(
      'Prometheus exporter that watches network cards. "nicwatch check" checks this node once; see "nicwatch check --help".',
    )
    .allowExcessArguments(true)
    .showSuggestionAfterError(false)
    .helpOption('-h, --help', 'Print this help and exit.')
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  const web = addWebFlags(program);
  const devices = addDeviceFlags(program);
  const enabledCollectors = addCollectorFlags(program, collectors);
  const wire = addWireFlags(program);
  const host = addHostFlags(program);
  const log = addLogFlags(program);
  const check = toggle(program, '--config.check', {
    description: 'Validate the configuration and exit.',
  });
  const version = toggle(program, '--version', { description: 'Print the version and exit.' });

  if (parseCommandLine(program, argv) === 'help') {
    return { action: 'help', text: program.helpInformation() };
  }
  if (version() === true) {
    return { action: 'version' };
  }
  return {
    action: check() === true ? 'check' : 'run',
    config: Object.freeze({
      listenAddresses: web.listenAddresses(),
      systemdSocket: web.systemdSocket() === true,
      telemetryPath: web.telemetryPath(),
      maxRequests: web.maxRequests(),
      lifecycle: web.enableLifecycle() === true,
      webConfigFile: web.configFile(),
      exporterMetrics: web.disableExporterMetrics() !== true,
      collectors: enabledCollectors(host.kernelLogSource()),
      deviceInclude: devices.include(),
      deviceExclude: devices.exclude(),
      offloadFeatures: devices.offloadFeatures(),
      ethtoolRaw: devices.ethtoolRaw(),
      ethtoolRawExclude: devices.ethtoolRawExclude(),
      wire: wire(),
      knownIssuesFile: devices.knownIssuesFile(),
      knownIssues,
      pollIntervalSeconds: devices.pollInterval(),
      ethtoolReader: devices.ethtoolReader(),
      kernelLogSource: host.kernelLogSource(),
      paths: Object.freeze({ procfs: host.procfs(), sysfs: host.sysfs(), rootfs: host.rootfs() }),
      stateDirectory: host.stateDirectory(),
      logLevel: log.level(),
      logFormat: log.format(),
    }),
  };
}

function addWebFlags(program: Command) {
  return {
    listenAddresses: listFlag(program, '--web.listen-address <address>', {
      description: 'Address on which to expose metrics and the status page; repeatable.',
      parse: parseListenAddress,
      fallback: ':10140',
    }),
    systemdSocket: toggle(program, '--web.systemd-socket', {
      description: 'Listen on the sockets passed by systemd instead of --web.listen-address.',
    }),
    telemetryPath: flag(program, '--web.telemetry-path <path>', {
      description: 'Path under which to expose metrics.',
      parse: parseTelemetryPath,
      fallback: '/metrics',
    }),
    maxRequests: flag(program, '--web.max-requests <count>', {
      description: 'Maximum number of concurrent scrapes; 0 disables the limit.',
      parse: countBetween(0, 999_999),
      fallback: '40',
    }),
    enableLifecycle: toggle(program, '--web.enable-lifecycle', {
      description: 'Reload the configuration files on POST /-/reload, as on SIGHUP.',
    }),
    configFile: flag(program, '--web.config.file <path>', {
      description:
        'Web configuration file with TLS, users and rate limit, as for other Prometheus exporters.',
      parse: parsePath,
    }),
    disableExporterMetrics: toggle(program, '--web.disable-exporter-metrics', {
      description: 'Exclude metrics about the agent process itself (process_*).',
    }),
  };
}

function addDeviceFlags(program: Command) {
  return {
    include: flag(program, '--device.include <regex>', {
      description: 'Watch the devices whose full name matches, instead of the default selection.',
      parse: parseAnchoredRegExp,
    }),
    exclude: flag(program, '--device.exclude <regex>', {
      description: 'Exclude devices whose full name matches.',
      parse: parseAnchoredRegExp,
    }),
    pollInterval: flag(program, '--poll.interval <duration>', {
      description:
        'Interval between polls of the devices when there are no scrapes, from 1s to 1h.',
      parse: parsePollInterval,
      fallback: '15s',
    }),
    ethtoolReader: flag(program, '--ethtool.reader <reader>', {
      description:
        'How to query drivers: ioctl (requires koffi), command (runs ethtool), or auto (ioctl if available, else command).',
      parse: oneOf(['auto', 'ioctl', 'command']),
      fallback: 'auto',
    }),
    knownIssuesFile: flag(program, '--known-issues.file <path>', {
      description: 'YAML file of known issues and policies, in addition to the built-in issues.',
      parse: parsePath,
    }),
    offloadFeatures: flag(program, '--collector.offload.features <regex|all>', {
      description:
        'Export additional offload features whose full name matches; "all" exports every one.',
      parse: (text) => parseAnchoredRegExp(text === 'all' ? '.*' : text),
    }),
    ethtoolRaw: flag(program, '--collector.ethtool.raw <regex>', {
      description: 'Export raw driver statistics whose full name matches, at most 500 per device.',
      parse: parseAnchoredRegExp,
    }),
    ethtoolRawExclude: flag(program, '--collector.ethtool.raw-exclude <regex>', {
      description: 'Exclude raw driver statistics whose full name matches.',
      parse: parseAnchoredRegExp,
    }),
  };
}

function addHostFlags(program: Command) {
  return {
    kernelLogSource: flag(program, '--kernel-log.source <source>', {
      description: 'Source of the kernel log: auto, kmsg, journal or none.',
      parse: oneOf(['auto', 'kmsg', 'journal', 'none']),
      fallback: 'auto',
    }),
    stateDirectory: pathFlag(
      program,
      '--state.directory <path>',
      'Directory for state that survives a restart.',
      '/var/lib/nicwatch',
    ),
    procfs: pathFlag(program, '--path.procfs <path>', 'Mount point of procfs.', '/proc'),
    sysfs: pathFlag(program, '--path.sysfs <path>', 'Mount point of sysfs.', '/sys'),
    rootfs: pathFlag(program, '--path.rootfs <path>', "Mount point of the host's root.", '/'),
  };
}

function addLogFlags(program: Command) {
  return {
    level: flag(program, '--log.level <level>', {
      description: 'Minimum severity of log messages: debug, info, warn or error.',
      parse: oneOf(['debug', 'info', 'warn', 'error']),
      fallback: 'info',
    }),
    format: flag(program, '--log.format <format>', {
      description: 'Format of log messages: logfmt or json.',
      parse: oneOf(['logfmt', 'json']),
      fallback: 'logfmt',
    }),
  };
}

function pathFlag(
  program: Command,
  spelling: string,
  description: string,
  fallback: string,
): () => string {
  return flag(program, spelling, { description, parse: parseAbsolutePath, fallback });
}
