import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';
import { parseEthtoolDriverInfo } from '../parsers/ethtool-driver-info.ts';
import { parseEthtoolFeatures } from '../parsers/ethtool-features.ts';
import { parseEthtoolTxRingSize } from '../parsers/ethtool-rings.ts';
import { parseEthtoolStatistics } from '../parsers/ethtool-statistics.ts';
import { quote } from '../parsers/lines.ts';
import type { CommandResult, RunCommand } from './command.ts';
import type { OpenEthtool } from './linux-device.ts';

/** ethtool's exit code for "the driver has no statistics"; its message says so too, but not in every version. */
const noStatisticsExitCode = 94;

/** What ethtool prints on stderr, in the C locale, for the errno it got. */
const complaints: readonly (readonly [pattern: RegExp, reason: SourceErrorReason])[] = [
  [/No such device|no device matches name/, 'absent'],
  [/Operation not supported|no stats available/, 'unsupported'],
  [/Operation not permitted|Permission denied/, 'denied'],
];

/** Makes the reads that ask drivers through the ethtool command: slower than the kernel's own interface, but nothing native. */
export function createEthtoolCommand(run: RunCommand): OpenEthtool {
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
  return (identity) => {
    const name = (): string => identity().device.name;
    let names: readonly string[] = [];
    const statisticsFrom = createChangedParser((text) => {
      const list = parseEthtoolStatistics(text);
      const isSame =
        list.length === names.length && list.every((each, index) => each.name === names[index]);
      names = isSame ? names : list.map((each) => each.name);
      return { names, values: BigUint64Array.from(list, ({ value }) => value) };
    });
    const featuresFrom = createChangedParser(parseEthtoolFeatures);
    return {
      driverInfo: async () => parseEthtoolDriverInfo(await ask('-i', name())),
      statistics: async () => statisticsFrom(await ask('-S', name())),
      features: async () => featuresFrom(await ask('-k', name())),
      txRingSize: async () => parseEthtoolTxRingSize(await ask('-g', name())),
    };
  };
}

/** Makes the function that parses what a device answered; the same answer gives the same object. */
function createChangedParser<Value>(parse: (text: string) => Value): (text: string) => Value {
  let last: { readonly text: string; readonly value: Value } | undefined;
  return (text) => {
    if (last?.text !== text) {
      last = { text, value: parse(text) };
    }
    return last.value;
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
