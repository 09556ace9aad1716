import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

import type { Logger } from 'pino';

import type { ProbePeer } from '../model/probe-report.ts';
import { withinTime } from '../model/within-time.ts';

/** The other nodes of a mesh, by address. */
export interface MeshPeers {
  /** Those found last. What cannot be found again stays. */
  list(): readonly ProbePeer[];
  /** The address of this node in the network it probes. */
  own(): string;
  /** Whether anything was ever found. */
  isFound(): boolean;
  /** Looks all names up. @returns the addresses that were found now */
  refresh(): Promise<ReadonlySet<string>>;
}

export interface MeshPeersOptions {
  /** Addresses, and names with one or more addresses, as that of a headless Service. */
  readonly names: readonly ProbePeer[];
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** All addresses of a name. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly ownAddresses?: () => readonly string[];
}

const lookupMilliseconds = 5000;
const maxPeers = 4096;

/** Creates the list of peers, which is empty until the first refresh. */
export function createMeshPeers({
  names,
  log,
  resolve = resolveName,
  ownAddresses = addressesOfThisNode,
}: MeshPeersOptions): MeshPeers {
  const found = new Map<string, readonly ProbePeer[]>();
  const failing = new Set<string>();
  let peers: readonly ProbePeer[] = [];
  let own = ownAddresses()[0] ?? '';

  const refreshName = async ({ host, port }: ProbePeer): Promise<readonly string[]> => {
    let addresses: readonly string[] = [];
    let reason = `no answer within ${lookupMilliseconds / 1000} s`;
    await withinTime(
      lookupMilliseconds,
      resolve(host).then(
        (resolved) => {
          addresses = resolved;
          reason = 'it has no address';
        },
        (error: unknown) => {
          reason = String(error);
        },
      ),
    );
    if (addresses.length > 0) {
      found.set(
        host,
        addresses.slice(0, maxPeers).map((address) => ({ host: address, port })),
      );
      if (failing.delete(host)) {
        log.info({ name: host }, 'peers are found again');
      }
    } else if (!failing.has(host)) {
      failing.add(host);
      log.warn({ name: host, reason }, 'peers cannot be found, those found before are kept');
    }
    return addresses;
  };

  return {
    list: () => peers,
    own: () => own,
    isFound: () => found.size > 0,
    refresh: async () => {
      const now = await Promise.all(names.map(refreshName));
      const all = new Map([...found.values()].flat().map((peer) => [peer.host, peer] as const));
      const mine = ownAddresses();
      own = mine.find((address) => all.has(address)) ?? own;
      peers = [...all.values()].filter(({ host }) => !mine.includes(host));
      return new Set(now.flat());
    },
  };
}

async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** In no loopback network. */
function addressesOfThisNode(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
}
