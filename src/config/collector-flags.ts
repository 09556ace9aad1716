import type { Command } from 'commander';

import type { Config } from './config.ts';
import { parsePorts, parseSampleCount } from './flag-values.ts';
import { flag, toggle } from './flags.ts';

/** What the command line needs to know of a collector to offer its flag. */
export interface CollectorFlag {
  readonly name: string;
  readonly description: string;
  /** Whether it runs only where it is asked for. */
  readonly isOptIn?: boolean;
}

/** Adds a flag for each collector; the returned function names those that are enabled. */
export function addCollectorFlags(
  program: Command,
  collectors: readonly CollectorFlag[],
): (kernelLogSource: Config['kernelLogSource']) => ReadonlySet<string> {
  const disableDefaults = toggle(program, '--collector.disable-defaults', {
    description:
      'Disable all collectors except those named with --collector.NAME; --no-collector.NAME disables one.',
  });
  const toggles = collectors.map(({ name, description, isOptIn = false }) => ({
    name,
    isOptIn,
    isEnabled: toggle(program, `--collector.${name}`, {
      description: `${description} (default: ${isOptIn ? 'disabled' : 'enabled'})`,
      negatable: true,
    }),
  }));
  return (kernelLogSource) =>
    new Set(
      toggles
        .filter(({ name }) => name !== 'kernel-log' || kernelLogSource !== 'none')
        .filter(({ isEnabled, isOptIn }) => isEnabled() ?? (!isOptIn && disableDefaults() !== true))
        .map(({ name }) => name),
    );
}

/** Adds the flags of the collector `wire`; the returned function gives what they say. */
export function addWireFlags(program: Command): () => Config['wire'] {
  const rate = flag(program, '--collector.wire.rate <count>', {
    description: 'Target number of sampled packets per second and device.',
    parse: parseSampleCount,
    fallback: '100',
  });
  const maxSources = flag(program, '--collector.wire.max-sources <count>', {
    description: 'Maximum number of source addresses per device.',
    parse: parseSampleCount,
    fallback: '16',
  });
  const ports = flag(program, '--collector.wire.ports <ports>', {
    description: 'UDP ports of tunnels: VXLAN, and Geneve on 6081.',
    parse: parsePorts,
    fallback: '4789,8472,6081',
  });
  return () => Object.freeze({ rate: rate(), maxSources: maxSources(), ports: ports() });
}
