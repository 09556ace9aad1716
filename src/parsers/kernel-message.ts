import type { KernelRecord } from '../model/kernel-record.ts';

/** One interpretation of the first line of a record: its origin and its message. */
export interface KernelMessage {
  readonly driver: string | undefined;
  /** Name on the parent bus: `0000:00:1f.6`, `virtio2`, `2-1.2:1.0`. */
  readonly busAddress: string | undefined;
  /** Interface name in the text. */
  readonly device: string | undefined;
  readonly message: string;
}

/** An interface name or a placeholder, and the registration states the kernel appends. */
const interfacePattern = String.raw`(?<device>\((?:unnamed net_device|NULL net_device)\)|[^\s:/]{1,15})(?: \([a-z]+\))*`;
/** A bus address always contains a digit; words of prose mostly do not. */
const busAddressPattern = String.raw`(?<busAddress>(?=\S*\d)\S*[^\s:])`;

const netdevPattern = new RegExp(
  `^(?<driver>[^\\s:]+) ${busAddressPattern} ${interfacePattern}: (?<message>.*)$`,
  's',
);
const devicePattern = new RegExp(`^(?<driver>[^\\s:]+) ${busAddressPattern}: (?<message>.*)$`, 's');
const prefixPattern = new RegExp(`^${interfacePattern}: (?<message>.*)$`, 's');
const bracketPattern = /^\[\w+:\d+\((?<device>[^\s:/()]{1,15})\)\](?<message>.*)$/s;
const locationPattern = /^\w+:\d+:\(pid \d+\): /;

/** Printed by the kernel instead of an unknown interface name. */
const placeholders: ReadonlySet<string> = new Set([
  '(unnamed net_device)',
  '(NULL net_device)',
  '<unknown>',
]);

/**
 * Parses the prefix added by a driver or the network core. Prefixes are ambiguous (`ixgbevf: ` may be a driver or an interface),
 * so all interpretations are returned, the most specific first and the whole line last.
 *
 * One real line: `e1000e 0000:00:1f.6 eno1: Detected Hardware Unit Hang:` reads as driver `e1000e`, bus address
 * `0000:00:1f.6`, device `eno1`.
 *
 * @see net/core/dev.c (__netdev_printk), drivers/base/core.c (dev_printk_emit)
 */
export function parseKernelMessage({
  text,
  device: dictionaryDevice,
}: Pick<KernelRecord, 'text' | 'device'>): readonly KernelMessage[] {
  const [line = ''] = text.split('\n', 1);
  return [
    ...(readingsByDictionary(line, dictionaryDevice) ?? readingsByShape(line)),
    ...readingsByPrefix(line),
    { driver: undefined, busAddress: undefined, device: undefined, message: line },
  ];
}

/** The dictionary contains the bus address, so the text must begin with `driver address`. */
function readingsByDictionary(
  line: string,
  dictionaryDevice: string | undefined,
): readonly KernelMessage[] | undefined {
  const address = /^\+[^:]+:(.+)$/.exec(dictionaryDevice ?? '')?.[1];
  const driver = line.split(' ', 1)[0];
  if (address === undefined || driver === undefined || !line.startsWith(`${driver} ${address}`)) {
    return undefined;
  }
  const rest = line.slice(driver.length + address.length + 1);
  const known = { driver, busAddress: address };
  if (rest.startsWith(': ')) {
    return deviceReadings(reading({ message: rest.slice(2) }, known));
  }
  const groups = prefixPattern.exec(rest.trimStart())?.groups;
  return groups && [reading(groups, known)];
}

function readingsByShape(line: string): readonly KernelMessage[] {
  const netdev = netdevPattern.exec(line)?.groups;
  if (netdev !== undefined) {
    return [reading(netdev)];
  }
  const device = devicePattern.exec(line)?.groups;
  return device === undefined ? [] : deviceReadings(reading(device));
}

/** `driver address: ` may be followed by a function (mlx5), or the interface (kernels before 3.0). */
function deviceReadings(given: KernelMessage): readonly KernelMessage[] {
  const message = given.message.replace(locationPattern, '');
  const old = prefixPattern.exec(message)?.groups;
  return [{ ...given, message }, ...(old === undefined ? [] : [reading(old, given)])];
}

/** The first colon is preceded by an interface without a parent (`vx42: `) or a module (`ip_tunnel_core: `). */
function readingsByPrefix(line: string): readonly KernelMessage[] {
  const prefix = prefixPattern.exec(line)?.groups;
  if (prefix === undefined) {
    return [];
  }
  const { device: driver, message = '' } = prefix;
  const inner = [
    { message },
    ...[prefixPattern, bracketPattern].map((pattern) => pattern.exec(message)?.groups),
  ];
  return [
    reading(prefix),
    ...inner.flatMap((groups) => (groups === undefined ? [] : [reading(groups, { driver })])),
  ];
}

function reading(
  groups: Readonly<Record<string, string | undefined>>,
  { driver = groups['driver'], busAddress = groups['busAddress'] }: Partial<KernelMessage> = {},
): KernelMessage {
  const { device = '', message = '' } = groups;
  const isName = device !== '' && !placeholders.has(device);
  return { driver, busAddress, device: isName ? device : undefined, message };
}
