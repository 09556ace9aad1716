/**
 * The offload features exported by default, under the names `ethtool -k` prints: those that checksum, segment or coalesce
 * the packets of ordinary and of VXLAN and Geneve traffic, and so can corrupt them. A device has some sixty; the others
 * are opt-in.
 *
 * @see net/ethtool/common.c (netdev_features_strings)
 */
export const curatedOffloadFeatures: ReadonlySet<string> = new Set([
  'rx-checksumming',
  'tx-checksumming',
  'tx-checksum-ipv4',
  'tx-checksum-ip-generic',
  'tx-checksum-ipv6',
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
  'rx-udp_tunnel-port-offload',
]);
