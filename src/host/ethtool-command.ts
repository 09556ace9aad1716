import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import { memoizeLast } from '../model/memoize.ts';
import { parseEthtoolDriverInfo } from '../parsers/ethtool-driver-info.ts';
import { parseEthtoolFeatures } from '../parsers/ethtool-features.ts';
import { parseEthtoolTxRingSize } from '../parsers/ethtool-rings.ts';
import { parseEthtoolStatistics } from '../parsers/ethtool-statistics.ts';
import { quote } from '../parsers/lines.ts';
import type { CommandResult, RunCommand } from './command.ts';
import type { OpenEthtool } from './linux-device.ts';

/** ethtool's exit code for "the driver has no statistics"; not every version prints a message. */
const noStatisticsExitCode = 94;

/** ethtool's messages on stderr, in the C locale, by errno. */
const errorMessages: readonly (readonly [pattern: RegExp, reason: SourceErrorReason])[] = [
  [/No such device|no device matches name/, 'absent'],
  [/Operation not supported|no stats available/, 'unsupported'],
  [/Operation not permitted|Permission denied/, 'denied'],
];

/** Creates the reads by the ethtool command: slower than the ioctl, but without native code. */
export function createEthtoolCommand(run: RunCommand): OpenEthtool {
  const query = async (option: string, device: string): Promise<string> => {
    if (device.includes('\uFFFD')) {
      throw new SourceError(
        'unsupported',
        `ethtool ${option}: the name of device ${JSON.stringify(device)} is not valid UTF-8`,
      );
    }
    const result = await run('ethtool', [option, device]);
    if (result.exitCode !== 0) {
      throw commandError(option, device, result);
    }
    return result.stdout;
  };
  return (identity) => {
    const name = (): string => identity().device.name;
    const namesOf = memoizeLast((...names: readonly string[]) => names);
    const statisticsFrom = memoizeLast((text: string) => {
      const list = parseEthtoolStatistics(text);
      return {
        names: namesOf(...list.map((each) => each.name)),
        values: BigUint64Array.from(list, ({ value }) => value),
      };
    });
    const featuresFrom = memoizeLast(parseEthtoolFeatures);
    return {
      driverInfo: async () => parseEthtoolDriverInfo(await query('-i', name())),
      statistics: async () => statisticsFrom(await query('-S', name())),
      features: async () => featuresFrom(await query('-k', name())),
      txRingSize: async () => parseEthtoolTxRingSize(await query('-g', name())),
    };
  };
}

function commandError(
  option: string,
  device: string,
  { exitCode, stderr }: CommandResult,
): SourceError {
  const known = errorMessages.find(([pattern]) => pattern.test(stderr));
  const reason = known?.[1] ?? (exitCode === noStatisticsExitCode ? 'unsupported' : 'failed');
  return new SourceError(
    reason,
    `ethtool ${option} ${JSON.stringify(device)}: exit code ${exitCode}, ${quote(stderr.trim())}`,
  );
}
