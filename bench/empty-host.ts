import type { Host } from '../src/host/host.ts';

/** What a simulated host has of the parts that no benchmark measures: nothing. */
export const emptyHost: Pick<
  Host,
  | 'previousBootLog'
  | 'state'
  | 'addresses'
  | 'processNamespaces'
  | 'openPacketSocket'
  | 'networkConfig'
  | 'readRootFile'
> = {
  previousBootLog: async function* () {},
  state: {
    claim: async () => {},
    read: async () => undefined,
    write: async () => {},
    setAside: async () => {},
  },
  addresses: () => [],
  processNamespaces: () => [],
  openPacketSocket: undefined,
  networkConfig: async () => ({ files: new Map(), present: new Set(), unreadable: [] }),
  readRootFile: async () => '',
};
