import { assertSourceError } from '../model/errors.ts';
import { parseProcNetSnmp, parseProcNetSnmp6 } from '../parsers/proc-net.ts';
import { createProcFileReader } from './proc-file.ts';

/** What the network stack of one namespace has dropped, over all protocols. */
export interface NetworkCounters {
  /** For a wrong checksum of TCP or UDP. */
  readonly checksumErrors: number;
  /** Datagrams, as the buffer of their socket was full. */
  readonly bufferErrors: number;
}

/**
 * Creates the function that reads the counters of this process's network namespace; undefined where they cannot be read.
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
    // Absent where IPv6 is disabled. TCP counts that of both in the other file.
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
