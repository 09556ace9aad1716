import { Command } from 'commander';

import { knownIssues } from '../catalogue/known-issues.ts';
import {
  oneOf,
  parseAbsolutePath,
  parseAnchoredRegExp,
  parseCount,
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

/** What the command line asks for. */
export type Invocation =
  | { readonly action: 'run' | 'check'; readonly config: Config }
  | { readonly action: 'help'; readonly text: string }
  | { readonly action: 'version' };

/**
 * Parses the command line into a frozen configuration.
 *
 * @param argv arguments without the program's name
 * @param collectors each gets a `--[no-]collector.NAME` flag
 * @throws {ConfigError} naming the flag and what was expected of it.
 */
export function parseArguments(
  argv: readonly string[],
  collectors: readonly CollectorFlag[],
): Invocation {
  const program = new Command('nicwatch')
    .description('Prometheus exporter that watches network cards.')
    .allowExcessArguments(true)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  const web = addWebFlags(program);
  const devices = addDeviceFlags(program);
  const enabledCollectors = addCollectorFlags(program, collectors);
  const wire = addWireFlags(program);
  const host = addHostFlags(program);
  const log = addLogFlags(program);
  const check = toggle(program, '--config.check', {
    description: 'Check the configuration and exit.',
  });
  const version = toggle(program, '--version', { description: 'Print version and exit.' });

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
      paths: Object.freeze({
        procfs: host.procfs(),
        sysfs: host.sysfs(),
        rootfs: host.rootfs(),
      }),
      stateDirectory: host.stateDirectory(),
      logLevel: log.level(),
      logFormat: log.format(),
    }),
  };
}

function addWebFlags(program: Command) {
  return {
    listenAddresses: listFlag(program, '--web.listen-address <address>', {
      description: 'Address to serve metrics on; may be repeated.',
      parse: parseListenAddress,
      fallback: ':10140',
    }),
    systemdSocket: toggle(program, '--web.systemd-socket', {
      description: 'Serve on the sockets systemd passed instead of the listen addresses.',
    }),
    telemetryPath: flag(program, '--web.telemetry-path <path>', {
      description: 'Path under which metrics are served.',
      parse: parseTelemetryPath,
      fallback: '/metrics',
    }),
    maxRequests: flag(program, '--web.max-requests <count>', {
      description: 'Scrapes answered at the same time; 0 sets no limit.',
      parse: parseCount,
      fallback: '40',
    }),
    enableLifecycle: toggle(program, '--web.enable-lifecycle', {
      description: 'Read configuration files anew on POST /-/reload, as on SIGHUP.',
    }),
    configFile: flag(program, '--web.config.file <path>', {
      description: 'File with TLS and users, in the format of Prometheus exporters.',
      parse: parsePath,
    }),
    disableExporterMetrics: toggle(program, '--web.disable-exporter-metrics', {
      description: 'Leave out metrics about the agent process itself (process_*).',
    }),
  };
}

function addDeviceFlags(program: Command) {
  return {
    include: flag(program, '--device.include <regex>', {
      description: 'Watch the devices whose whole name matches, instead of the default selection.',
      parse: parseAnchoredRegExp,
    }),
    exclude: flag(program, '--device.exclude <regex>', {
      description: 'Never watch devices whose whole name matches.',
      parse: parseAnchoredRegExp,
    }),
    pollInterval: flag(program, '--poll.interval <duration>', {
      description: 'How often to read the devices when nobody scrapes.',
      parse: parsePollInterval,
      fallback: '15s',
    }),
    ethtoolReader: flag(program, '--ethtool.reader <reader>', {
      description:
        'How to ask drivers: ioctl (needs the koffi package), command, or auto: ioctl, and command where that cannot be had.',
      parse: oneOf(['auto', 'ioctl', 'command']),
      fallback: 'auto',
    }),
    knownIssuesFile: flag(program, '--known-issues.file <path>', {
      description: 'YAML file of known issues to watch for beside those nicwatch knows.',
      parse: parsePath,
    }),
    offloadFeatures: flag(program, '--collector.offload.features <regex|all>', {
      description:
        'Offload features to export beside the curated ones; "all" exports every feature.',
      parse: (text) => parseAnchoredRegExp(text === 'all' ? '.*' : text),
    }),
    ethtoolRaw: flag(program, '--collector.ethtool.raw <regex>', {
      description:
        'Pass on driver statistics whose whole name matches, at most 500 of each device.',
      parse: parseAnchoredRegExp,
    }),
    ethtoolRawExclude: flag(program, '--collector.ethtool.raw-exclude <regex>', {
      description: 'Never pass on driver statistics whose whole name matches.',
      parse: parseAnchoredRegExp,
    }),
  };
}

function addHostFlags(program: Command) {
  return {
    kernelLogSource: flag(program, '--kernel-log.source <source>', {
      description: 'Where to read the kernel log: auto, kmsg, journal or none.',
      parse: oneOf(['auto', 'kmsg', 'journal', 'none']),
      fallback: 'auto',
    }),
    stateDirectory: pathFlag(
      program,
      '--state.directory <path>',
      'Where to keep what must survive a restart.',
      '/var/lib/nicwatch',
    ),
    procfs: pathFlag(program, '--path.procfs <path>', 'Where procfs is mounted.', '/proc'),
    sysfs: pathFlag(program, '--path.sysfs <path>', 'Where sysfs is mounted.', '/sys'),
    rootfs: pathFlag(program, '--path.rootfs <path>', "Where the host's root is mounted.", '/'),
  };
}

function addLogFlags(program: Command) {
  return {
    level: flag(program, '--log.level <level>', {
      description: 'Least severe message to log: debug, info, warn or error.',
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
