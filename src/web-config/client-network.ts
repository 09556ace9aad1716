import { isIPv6 } from 'node:net';

/**
 * The network a client is identified by: an IPv4 address, or the /64 of an IPv6 address, since one host may use all of it.
 *
 * @param address as a socket has it, such as `2001:db8::7`, `fe80::1%eno1` or `::ffff:192.0.2.1`
 */
export function clientNetwork(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || !isIPv6(address)) {
    return mapped ?? address;
  }
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const ending = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - ending.length) }, () => '0');
  return `${[...groups, ...zeros, ...ending].slice(0, 4).join(':')}::/64`;
}
