import type { Command } from 'commander';

import type { Config } from './config.ts';
import { countBetween, parsePorts } from './flag-values.ts';
import { flag, toggle } from './flags.ts';

/** What the flag of a collector requires. */
export interface CollectorFlag {
  readonly name: string;
  readonly description: string;
  /** Whether it is disabled by default. */
  readonly isOptIn?: boolean;
}

/** Adds a flag per collector; the returned function returns the names of those enabled. */
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

/** Adds the flags of the collector `wire`; the returned function returns their values. */
export function addWireFlags(program: Command): () => Config['wire'] {
  const rate = flag(program, '--collector.wire.rate <count>', {
    description: 'Target number of sampled packets per second and device.',
    parse: countBetween(1, 1000),
    fallback: '100',
  });
  const maxSources = flag(program, '--collector.wire.max-sources <count>', {
    description: 'Maximum number of source addresses per device.',
    parse: countBetween(1, 1000),
    fallback: '16',
  });
  const ports = flag(program, '--collector.wire.ports <ports>', {
    description: 'UDP ports of tunnels: VXLAN, and Geneve on 6081.',
    parse: parsePorts,
    fallback: '4789,8472,6081',
  });
  return () => Object.freeze({ rate: rate(), maxSources: maxSources(), ports: ports() });
}
