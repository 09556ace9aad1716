import type { DeviceIdentity } from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import type { IniEntry } from '../parsers/ini-lines.ts';

/** Undefined if unknown. */
type Verdict = boolean | undefined;

/** How each key of the section [Match] compares with a device. */
const comparisons: Readonly<
  Record<string, (words: readonly string[], device: DeviceIdentity) => Verdict>
> = {
  MACAddress: (words, { macAddress }) => anyAddress(words, macAddress),
  PermanentMACAddress: (words, { permanentMacAddress }) => anyAddress(words, permanentMacAddress),
  OriginalName: (words, device) => matchesOriginalName(words, device),
  Driver: (words, { driver }) => anyGlob(words, driver),
  Path: (words, { busAddress }) =>
    anyGlob(words, busAddress === undefined ? undefined : idPath(busAddress)),
  Type: (words, { type }) => anyGlob(words, type),
  Kind: (words, { driver, busAddress }) =>
    busAddress === undefined ? anyGlob(words, driver) : false,
  // These depend on the machine, or on properties that only udev has.
  Property: () => undefined,
  Host: () => undefined,
  Virtualization: () => undefined,
  KernelCommandLine: () => undefined,
  KernelVersion: () => undefined,
  Version: () => undefined,
  Credential: () => undefined,
  Architecture: () => undefined,
  Firmware: () => undefined,
};

/**
 * Whether the section [Match] of a .link file matches a device. One without a known key matches none.
 *
 * @returns undefined if only udev knows.
 * @see systemd.link(5)
 */
export function matchesLink(match: readonly IniEntry[], device: DeviceIdentity): Verdict {
  const words = new Map<string, readonly string[]>();
  for (const { key, value } of match) {
    const all = value.split(/\s+/).filter((word) => word !== '');
    const own = key.endsWith('MACAddress') ? all.filter(isAddress) : all;
    if (own.length === 0 && all.length > 0) {
      continue;
    }
    words.set(key, own.length === 0 ? [] : [...(words.get(key) ?? []), ...own]);
  }
  const verdicts = new Set(
    [...words].flatMap(([key, list]) => {
      const comparison = comparisons[key];
      return comparison === undefined || list.length === 0 ? [] : [comparison(list, device)];
    }),
  );
  if (verdicts.size === 0 || verdicts.has(false)) {
    return false;
  }
  return verdicts.has(undefined) ? undefined : true;
}

/** As udev's path_id derives it from a PCI address. */
function idPath(busAddress: string): string | undefined {
  return /^[\da-f]{4,}:/.test(busAddress) ? `pci-${busAddress}` : undefined;
}

function anyAddress(words: readonly string[], address: string | undefined): boolean {
  return (
    address !== undefined && words.some((word) => plainAddress(word) === plainAddress(address))
  );
}

/** What is none is passed over. */
function isAddress(text: string): boolean {
  return /^[\da-f]{12}$/.test(plainAddress(text)) && /^[\da-fA-F.:-]+$/.test(text);
}

function plainAddress(text: string): string {
  return text.toLowerCase().replaceAll(/[^\da-f]/g, '');
}

/** A list that begins with `!` matches devices that match none of its items. */
function anyGlob(words: readonly string[], text: string | undefined): boolean {
  const [first = '', ...rest] = words;
  const isNegated = first.startsWith('!');
  const patterns = isNegated ? [first.slice(1), ...rest] : words;
  const isMatched = text !== undefined && patterns.some((pattern) => matchesGlob(pattern, text));
  return isMatched !== isNegated;
}

/** A device that was renamed first appeared as `eth0` or the like, never with its current name. */
function matchesOriginalName(
  words: readonly string[],
  { kernelName, type }: DeviceIdentity,
): Verdict {
  if (kernelName !== undefined) {
    return anyGlob(words, kernelName);
  }
  if (words.includes('*')) {
    return true;
  }
  const prefix = type === 'wlan' ? 'wlan' : 'eth';
  const couldBe = words.some((word) => word.startsWith(prefix) || word.startsWith(`!${prefix}`));
  return couldBe ? undefined : anyGlob(words, `${prefix}0`);
}
