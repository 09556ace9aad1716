/**
 * The offload features exported by default, under the names `ethtool -k` prints: those that checksum, segment, coalesce
 * or steer packets, and so can corrupt or lose them. A device has some sixty; the others are opt-in.
 *
 * @see net/ethtool/common.c (netdev_features_strings)
 */
export const curatedOffloadFeatures: ReadonlySet<string> = new Set([
  'rx-checksumming',
  'tx-checksumming',
  'tx-checksum-ipv4',
  'tx-checksum-ip-generic',
  'tx-checksum-ipv6',
  'tx-checksum-fcoe-crc',
  'tx-checksum-sctp',
  'scatter-gather',
  'tcp-segmentation-offload',
  'tx-tcp-segmentation',
  'tx-tcp6-segmentation',
  'generic-segmentation-offload',
  'generic-receive-offload',
  'large-receive-offload',
  'rx-vlan-offload',
  'tx-vlan-offload',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
  'tx-gso-partial',
  'tx-gre-segmentation',
  'tx-gre-csum-segmentation',
  'rx-udp_tunnel-port-offload',
  'ntuple-filters',
  'receive-hashing',
  'hw-tc-offload',
]);
