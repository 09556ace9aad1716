import { setTimeout } from 'node:timers/promises';

import type { Host } from '../host/host.ts';
import { counter, gauge } from '../metrics/metric.ts';
import { ParseError, SourceError, assertSourceError } from '../model/errors.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from '../parsers/proc-net.ts';
import type { CollectorDefinition } from './collector.ts';

const namespaceCsumErrors = counter({
  name: 'nic_netns_csum_errors_total',
  help: "Packets dropped for a wrong checksum in network namespaces other than the agent's, as those of pods, since the agent first saw each; tcp counts IPv4 and IPv6. Source: /proc/PID/net/snmp, snmp6.",
  labels: ['protocol'],
});
const namespaces = gauge({
  name: 'nic_netns_namespaces',
  help: "Network namespaces other than the agent's whose counters were read, and those where that failed. Source: /proc/PID/net.",
  labels: ['result'],
});

/** A scan of all processes per this many poll intervals, in slices with pauses between them. */
const scanPolls = 4;
const sliceMilliseconds = 4;
const pauseMilliseconds = 20;
const maxNamespaces = 8192;

/** The name of the column or the end of the names. */
const csumErrors = 'InCsumErrors';
export const csumProtocols = ['tcp', 'udp', 'udp6', 'icmp', 'icmp6'] as const;
type Protocol = (typeof csumProtocols)[number];
/** Packets dropped for a wrong checksum. */
export type ChecksumCounts = Readonly<Record<Protocol, number>>;
const none: ChecksumCounts = { tcp: 0, udp: 0, udp6: 0, icmp: 0, icmp6: 0 };

interface Scan {
  /** By the number of the namespace; undefined if it could not be read. */
  readonly counts: ReadonlyMap<number, ChecksumCounts | undefined>;
  readonly total: ChecksumCounts;
}

/**
 * Checksum errors in the network namespaces of pods, which the counters of the node exclude. The counters of a namespace
 * disappear with it, so their increases are summed.
 */
export const netnsCollector: CollectorDefinition = {
  name: 'netns',
  description: 'Checksum errors seen in the network namespaces of pods.',
  isOptIn: true,
  metrics: [namespaceCsumErrors, namespaces],
  create: ({ host, config, log }) => {
    let last: Scan | undefined;

    const scan = async (signal: AbortSignal): Promise<Scan> => {
      const counts = new Map<number, ChecksumCounts | undefined>();
      const total = { ...(last?.total ?? none) };
      let sliceEnds = performance.now() + sliceMilliseconds;
      for (const { pid, namespace } of host.processNamespaces()) {
        if (counts.get(namespace) === undefined && counts.size < maxNamespaces) {
          const read = readCounts(host, pid);
          counts.set(namespace, read);
          addRise(total, { previous: last?.counts.get(namespace), read });
        }
        if (performance.now() > sliceEnds) {
          await setTimeout(pauseMilliseconds, undefined, { signal });
          sliceEnds = performance.now() + sliceMilliseconds;
        }
      }
      return { counts, total };
    };

    return {
      run: async (signal) => {
        let problem: string | undefined;
        while (!signal.aborted) {
          try {
            last = await scan(signal);
            problem = undefined;
          } catch (error) {
            if (error instanceof SourceError && error.message !== problem) {
              problem = error.message;
              log.warn({ reason: problem }, 'checksum errors of pods are not counted');
            } else if (!(error instanceof SourceError) && !signal.aborted) {
              throw error;
            }
          }
          const milliseconds = scanPolls * config.pollIntervalSeconds * 1000;
          await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
        }
      },
      collect: () => {
        if (last === undefined) {
          return [];
        }
        const { counts, total } = last;
        const failed = [...counts.values()].filter((read) => read === undefined).length;
        return [
          namespaceCsumErrors.family(
            csumProtocols.map((protocol) => ({ labels: { protocol }, value: total[protocol] })),
          ),
          namespaces.family([
            { labels: { result: 'read' }, value: counts.size - failed },
            { labels: { result: 'failed' }, value: failed },
          ]),
        ];
      },
    };
  },
};

/** The counts of the network namespace of a process. Undefined if it fails, for example because the process has ended. */
export function readCounts(
  host: Pick<Host, 'readProcNet'>,
  pid: number,
): ChecksumCounts | undefined {
  try {
    const snmp = parseProcNetSnmp(host.readProcNet('snmp', pid), csumErrors);
    const snmp6 = readSnmp6(host, pid);
    return {
      tcp: snmp.get('Tcp') ?? 0,
      udp: snmp.get('Udp') ?? 0,
      icmp: snmp.get('Icmp') ?? 0,
      udp6: snmp6?.get('Udp6InCsumErrors') ?? 0,
      icmp6: snmp6?.get('Icmp6InCsumErrors') ?? 0,
    };
  } catch (error) {
    if (error instanceof SourceError || error instanceof ParseError) {
      return undefined;
    }
    throw error;
  }
}

/** Undefined if IPv6 is disabled. */
function readSnmp6(
  host: Pick<Host, 'readProcNet'>,
  pid: number,
): ReadonlyMap<string, number> | undefined {
  try {
    return parseProcNetSnmp6(host.readProcNet('snmp6', pid), csumErrors);
  } catch (error) {
    assertSourceError(error, 'absent');
    return undefined;
  }
}

/** A namespace adds nothing when first seen, nor when it reuses the number of one that has ended. */
function addRise(
  total: Record<Protocol, number>,
  { previous, read }: Readonly<Record<'previous' | 'read', ChecksumCounts | undefined>>,
): void {
  if (
    previous !== undefined &&
    read !== undefined &&
    csumProtocols.every((protocol) => read[protocol] >= previous[protocol])
  ) {
    for (const protocol of csumProtocols) {
      total[protocol] += read[protocol] - previous[protocol];
    }
  }
}
