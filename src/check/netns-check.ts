import { csumProtocols, readCounts } from '../collectors/netns.ts';
import type { ChecksumCounts } from '../collectors/netns.ts';
import type { Host } from '../host/host.ts';
import type { Check } from '../model/check-report.ts';
import { SourceError } from '../model/errors.ts';
import { ok } from './offload-facts.ts';

const id = 'netns-csum';
const maxEvidence = 5;

/** A network namespace, and a process in it. */
interface NamespaceCounts {
  readonly pid: number;
  readonly counts: ChecksumCounts;
}

/** The counters of other network namespaces by the namespace, or why they cannot be read. */
export type NamespaceReading = ReadonlyMap<number, NamespaceCounts> | SourceError;

/** Reads them all once. */
export function readNamespaces(host: Host): NamespaceReading {
  const counts = new Map<number, NamespaceCounts>();
  try {
    for (const { pid, namespace } of host.processNamespaces()) {
      const read = counts.has(namespace) ? undefined : readCounts(host, pid);
      if (read !== undefined) {
        counts.set(namespace, { pid, counts: read });
      }
    }
  } catch (error) {
    if (error instanceof SourceError) {
      return error;
    }
    throw error;
  }
  return counts;
}

/** What pods, and other network namespaces, dropped between two readings. */
export function namespaceCheck(first: NamespaceReading, last: NamespaceReading): Check {
  if (first instanceof SourceError) {
    return unreadable(first);
  }
  if (last instanceof SourceError) {
    return unreadable(last);
  }
  const rises = [...last].flatMap(([namespace, { pid, counts }]) => {
    const before = first.get(namespace)?.counts ?? counts;
    return csumProtocols.flatMap((protocol) => {
      const added = counts[protocol] - before[protocol];
      return added > 0 ? [{ namespace, pid, protocol, count: counts[protocol], added }] : [];
    });
  });
  if (rises.length === 0) {
    return ok(id, `no wrong checksums in ${last.size} other network namespaces`);
  }
  const added = rises.reduce((sum, row) => sum + row.added, 0);
  const count = new Set(rises.map(({ namespace }) => namespace)).size;
  return {
    id,
    result: 'warning',
    headline: `${added} packets with a wrong checksum while this ran (2 s) in ${count} network ${count === 1 ? 'namespace' : 'namespaces'} other than this one, as those of pods.`,
    evidence: rises
      .toSorted((one, other) => other.added - one.added)
      .slice(0, maxEvidence)
      .map((row) => ({
        text: `/proc/${row.pid}/net/snmp: ${row.protocol} InCsumErrors ${row.count} (+${row.added})`,
      })),
    why: 'What a tunnel carried was wrong when it was sent: the node of the sender, not this one.',
    read: 'docs/runbooks/NICStackChecksumErrors.md',
  };
}

function unreadable({ message }: SourceError): Check {
  return {
    id,
    result: 'unknown',
    headline: `could not look for checksum errors in the network namespaces of pods: ${message}`,
    evidence: [],
  };
}
