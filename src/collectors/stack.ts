import type { Host } from '../host/host.ts';
import { counter } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from '../parsers/proc-net.ts';
import { SourceError } from '../model/errors.ts';
import type { CollectorDefinition } from './collector.ts';
import { missingProcfs } from './boot.ts';

export const stackCsumErrors: Metric<'protocol'> = counter({
  name: 'nic_stack_csum_errors_total',
  help: 'Packets the network stack dropped for a wrong checksum; tcp counts IPv4 and IPv6. Source: /proc/net/snmp, snmp6, netstat.',
  labels: ['protocol'],
});

/** The name of the column or the end of the names. */
const csumErrors = 'InCsumErrors';

/** Checksum errors in the receiving stack. Their cause is the sender, not a device of this node. */
export const stackCollector: CollectorDefinition = {
  name: 'stack',
  description: 'Checksum errors seen by the network stack.',
  metrics: [stackCsumErrors],
  create: ({ host, config }) => ({
    collect: ({ attempt }) => {
      let isMounted = false;
      const read = (
        name: Parameters<Host['readProcNet']>[0],
        parse: (text: string, column: string) => ReadonlyMap<string, number>,
      ): ReadonlyMap<string, number> | undefined =>
        attempt({ device: undefined, read: 'procfs' }, () => {
          try {
            const text = host.readProcNet(name);
            isMounted = true;
            return parse(text, csumErrors);
          } catch (error) {
            isMounted ||= !(error instanceof SourceError && error.reason === 'absent');
            throw error;
          }
        });
      const snmp = read('snmp', parseProcNetSnmp);
      const netstat = read('netstat', parseProcNetSnmp);
      // Absent where IPv6 is disabled.
      const snmp6 = read('snmp6', parseProcNetSnmp6);
      if (!isMounted) {
        throw missingProcfs(config);
      }
      const errors = {
        ip: netstat?.get('IpExt'),
        tcp: snmp?.get('Tcp'),
        udp: snmp?.get('Udp'),
        icmp: snmp?.get('Icmp'),
        udp6: snmp6?.get('Udp6InCsumErrors'),
        icmp6: snmp6?.get('Icmp6InCsumErrors'),
        udplite: snmp?.get('UdpLite'),
        udplite6: snmp6?.get('UdpLite6InCsumErrors'),
      };
      return [
        stackCsumErrors.family(
          Object.entries(errors).flatMap(([protocol, value]) =>
            value === undefined ? [] : [{ labels: { protocol }, value }],
          ),
        ),
      ];
    },
  }),
};
