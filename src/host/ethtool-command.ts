import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import { parseEthtoolDriverInfo } from '../parsers/ethtool-driver-info.ts';
import { parseEthtoolFeatures } from '../parsers/ethtool-features.ts';
import { parseEthtoolTxRingSize } from '../parsers/ethtool-rings.ts';
import { parseEthtoolStatistics } from '../parsers/ethtool-statistics.ts';
import { quote } from '../parsers/lines.ts';
import type { EthtoolReader } from './host.ts';
import type { CommandResult, RunCommand } from './command.ts';

/** ethtool's exit code for "the driver has no statistics"; its message says so too, but not in every version. */
const noStatisticsExitCode = 94;

/** What ethtool prints on stderr, in the C locale, for the errno it got. */
const complaints: readonly (readonly [pattern: RegExp, reason: SourceErrorReason])[] = [
  [/No such device|no device matches name/, 'absent'],
  [/Operation not supported|no stats available/, 'unsupported'],
  [/Operation not permitted|Permission denied/, 'denied'],
];

/** Asks drivers through the ethtool command: slower than the kernel's own interface, but it needs nothing native. */
export function createEthtoolCommandReader(run: RunCommand): EthtoolReader {
  const ask = async (option: string, device: string): Promise<string> => {
    if (device.includes('\uFFFD')) {
      throw new SourceError(
        'unsupported',
        `ethtool ${option}: the name of device ${JSON.stringify(device)} is not UTF-8 and cannot be passed on`,
      );
    }
    const result = await run('ethtool', [option, device]);
    if (result.exitCode !== 0) {
      throw refusal(option, device, result);
    }
    return result.stdout;
  };
  return {
    kind: 'command',
    driverInfo: async (device) => parseEthtoolDriverInfo(await ask('-i', device)),
    statistics: async (device) => parseEthtoolStatistics(await ask('-S', device)),
    features: async (device) => parseEthtoolFeatures(await ask('-k', device)),
    txRingSize: async (device) => parseEthtoolTxRingSize(await ask('-g', device)),
  };
}

function refusal(option: string, device: string, { exitCode, stderr }: CommandResult): SourceError {
  const complaint = complaints.find(([pattern]) => pattern.test(stderr));
  const reason = complaint?.[1] ?? (exitCode === noStatisticsExitCode ? 'unsupported' : 'failed');
  return new SourceError(
    reason,
    `ethtool ${option} ${JSON.stringify(device)}: exit code ${exitCode}, ${quote(stderr.trim())}`,
  );
}
