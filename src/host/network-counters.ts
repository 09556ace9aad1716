import { assertSourceError } from '../model/errors.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from '../parsers/proc-net.ts';
import { createProcFileReader } from './proc-file.ts';

/** Packets dropped by the network stack of a namespace, over all protocols. */
export interface NetworkCounters {
  /** With a wrong checksum of TCP or UDP. */
  readonly checksumErrors: number;
  /** Datagrams for a full socket buffer. */
  readonly bufferErrors: number;
}

/**
 * Creates the function that reads the counters of this process's network namespace; undefined if they cannot be read.
 *
 * @throws {ParseError} when the kernel's tables do not have the expected form.
 */
export function createNetworkCounters(
  read: (path: string) => string = createProcFileReader(),
): () => NetworkCounters | undefined {
  const readOptional = (path: string): string | undefined => {
    try {
      return read(path);
    } catch (error) {
      assertSourceError(error);
      return undefined;
    }
  };
  return () => {
    const snmp = readOptional('/proc/self/net/snmp');
    if (snmp === undefined) {
      return undefined;
    }
    // Absent if IPv6 is disabled. The other file counts TCP over both.
    const snmp6 = readOptional('/proc/self/net/snmp6') ?? '';
    const total = (column: string): number =>
      (parseProcNetSnmp(snmp, column).get('Udp') ?? 0) +
      (parseProcNetSnmp6(snmp6, column).get(`Udp6${column}`) ?? 0);
    return {
      checksumErrors:
        total('InCsumErrors') + (parseProcNetSnmp(snmp, 'InCsumErrors').get('Tcp') ?? 0),
      bufferErrors: total('RcvbufErrors'),
    };
  };
}
