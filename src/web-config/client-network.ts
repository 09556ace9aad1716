import { isIPv6 } from 'node:net';

import { ipv6Groups } from '../parsers/ip-header.ts';

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
  return `${ipv6Groups(address).slice(0, 4).join(':')}::/64`;
}
