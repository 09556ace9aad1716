import type { Host, StateFile } from '../src/host/host.ts';

const noState: StateFile = {
  claim: async () => {},
  read: async () => undefined,
  write: async () => {},
  setAside: async () => {},
};

/** What a simulated host has of the parts that no benchmark measures: nothing. */
export const emptyHost: Pick<
  Host,
  | 'previousBootLog'
  | 'state'
  | 'offloadState'
  | 'addresses'
  | 'processNamespaces'
  | 'openPacketSocket'
  | 'networkConfig'
  | 'readRootFile'
> = {
  previousBootLog: async function* () {},
  state: noState,
  offloadState: noState,
  addresses: () => [],
  processNamespaces: () => [],
  openPacketSocket: undefined,
  networkConfig: async () => ({ files: new Map(), present: new Set(), unreadable: [] }),
  readRootFile: async () => '',
};
