/** A group of features that `ethtool -K` switches at once, with its name in each system. */
interface OffloadName {
  /** As `ethtool -k` prints it. */
  readonly name: string;
  /** The short name that `ethtool -K` takes. */
  readonly short: string;
  /** The kernel's names of its members. */
  readonly members: RegExp;
  /** Members that NetworkManager's `feature-SHORT` switches, if not all. */
  readonly networkManagerMembers?: RegExp;
}

/** The groups in the order of `ethtool -k`. @see ethtool(8), off_flag_def in ethtool's common.c */
export const offloadNames: readonly OffloadName[] = [
  { name: 'rx-checksumming', short: 'rx', members: /^rx-checksum$/ },
  { name: 'tx-checksumming', short: 'tx', members: /^tx-checksum-/ },
  { name: 'scatter-gather', short: 'sg', members: /^tx-scatter-gather/ },
  {
    name: 'tcp-segmentation-offload',
    short: 'tso',
    members: /^tx-tcp.*-segmentation$/,
    networkManagerMembers: /^tx-tcp6?(?:-ecn|-mangleid)?-segmentation$/,
  },
  { name: 'udp-fragmentation-offload', short: 'ufo', members: /^tx-udp-fragmentation$/ },
  { name: 'generic-segmentation-offload', short: 'gso', members: /^tx-generic-segmentation$/ },
  { name: 'generic-receive-offload', short: 'gro', members: /^rx-gro$/ },
  { name: 'large-receive-offload', short: 'lro', members: /^rx-lro$/ },
  { name: 'rx-vlan-offload', short: 'rxvlan', members: /^rx-vlan-hw-parse$/ },
  { name: 'tx-vlan-offload', short: 'txvlan', members: /^tx-vlan-hw-insert$/ },
  { name: 'ntuple-filters', short: 'ntuple', members: /^rx-ntuple-filter$/ },
  { name: 'receive-hashing', short: 'rxhash', members: /^rx-hashing$/ },
];

/**
 * The offload features exported by default, under the names `ethtool -k` prints: those that checksum, segment or coalesce
 * packets, those in VXLAN and Geneve included, and so can corrupt them. A device has some sixty; the others are opt-in.
 *
 * @see net/ethtool/common.c (netdev_features_strings)
 */
export const curatedOffloadFeatures: ReadonlySet<string> = new Set(
  `rx-checksumming tx-checksumming tx-checksum-ipv4 tx-checksum-ip-generic tx-checksum-ipv6 scatter-gather
  tcp-segmentation-offload tx-tcp-segmentation tx-tcp6-segmentation generic-segmentation-offload
  generic-receive-offload large-receive-offload rx-vlan-offload tx-vlan-offload tx-udp_tnl-segmentation
  tx-udp_tnl-csum-segmentation tx-gso-partial rx-udp_tunnel-port-offload`.split(/\s+/),
);

/** Keys of the section [Link], and the features of the kernel that each switches. @see systemd.link(5) */
export const linkKeys: Readonly<Record<string, RegExp>> = {
  ReceiveChecksumOffload: /^rx-checksum(?:ming)?$/,
  TransmitChecksumOffload: /^tx-checksum(?:ming$|-)/,
  TCPSegmentationOffload: /^tx-tcp-segmentation$/,
  TCP6SegmentationOffload: /^tx-tcp6-segmentation$/,
  GenericSegmentationOffload: /^generic-segmentation-offload$/,
  GenericReceiveOffload: /^generic-receive-offload$/,
  GenericReceiveOffloadHardware: /^rx-gro-hw$/,
  LargeReceiveOffload: /^large-receive-offload$/,
  ReceiveVLANCTAGHardwareAcceleration: /^rx-vlan-offload$/,
  TransmitVLANCTAGHardwareAcceleration: /^tx-vlan-offload$/,
  ReceiveVLANCTAGFilter: /^rx-vlan-filter$/,
  TransmitVLANSTAGHardwareAcceleration: /^tx-vlan-stag-hw-insert$/,
  NTupleFilter: /^ntuple-filters$/,
};

/** Keys of a device in netplan's YAML, and the key of the .link file that each becomes. @see netplan-yaml */
export const netplanKeys: Readonly<Record<string, string>> = {
  'receive-checksum-offload': 'ReceiveChecksumOffload',
  'transmit-checksum-offload': 'TransmitChecksumOffload',
  'tcp-segmentation-offload': 'TCPSegmentationOffload',
  'tcp6-segmentation-offload': 'TCP6SegmentationOffload',
  'generic-segmentation-offload': 'GenericSegmentationOffload',
  'generic-receive-offload': 'GenericReceiveOffload',
  'large-receive-offload': 'LargeReceiveOffload',
};

/** Names that NetworkManager accepts after `feature-`. @see libnm-core's nm-ethtool-utils */
export const networkManagerFeatures: ReadonlySet<string> = new Set(
  `esp-hw-offload esp-tx-csum-hw-offload fcoe-mtu gro gso highdma hw-tc-offload l2-fwd-offload loopback lro
  macsec-hw-offload ntuple rx rx-all rx-fcs rx-gro-hw rx-gro-list rx-udp-gro-forwarding rx-udp_tunnel-port-offload
  rx-vlan-filter rx-vlan-stag-filter rx-vlan-stag-hw-parse rxhash rxvlan sg tls-hw-record tls-hw-rx-offload
  tls-hw-tx-offload tso tx tx-checksum-fcoe-crc tx-checksum-ip-generic tx-checksum-ipv4 tx-checksum-ipv6
  tx-checksum-sctp tx-esp-segmentation tx-fcoe-segmentation tx-gre-csum-segmentation tx-gre-segmentation tx-gso-list
  tx-gso-partial tx-gso-robust tx-ipxip4-segmentation tx-ipxip6-segmentation tx-nocache-copy tx-scatter-gather
  tx-scatter-gather-fraglist tx-sctp-segmentation tx-tcp-ecn-segmentation tx-tcp-mangleid-segmentation
  tx-tcp-segmentation tx-tcp6-segmentation tx-tunnel-remcsum-segmentation tx-udp-segmentation
  tx-udp_tnl-csum-segmentation tx-udp_tnl-segmentation tx-vlan-stag-hw-insert txvlan`.split(/\s+/),
);

/** The features of the kernel as `ethtool -k` prints them, for a device whose features were not read. */
export const kernelFeatures: readonly string[] =
  `rx-checksumming tx-checksum-ipv4 tx-checksum-ip-generic tx-checksum-ipv6
  tx-checksum-fcoe-crc tx-checksum-sctp tx-scatter-gather tx-scatter-gather-fraglist tx-tcp-segmentation
  tx-tcp-ecn-segmentation tx-tcp-mangleid-segmentation tx-tcp6-segmentation tx-tcp-accecn-segmentation
  generic-segmentation-offload generic-receive-offload large-receive-offload rx-vlan-offload tx-vlan-offload
  ntuple-filters receive-hashing highdma rx-vlan-filter vlan-challenged tx-gso-robust tx-fcoe-segmentation
  tx-gre-segmentation tx-gre-csum-segmentation tx-ipxip4-segmentation tx-ipxip6-segmentation tx-udp_tnl-segmentation
  tx-udp_tnl-csum-segmentation tx-gso-partial tx-tunnel-remcsum-segmentation tx-sctp-segmentation tx-esp-segmentation
  tx-udp-segmentation tx-gso-list tls-hw-rx-offload fcoe-mtu rx-gro-hw tx-nocache-copy loopback rx-fcs rx-all
  tx-vlan-stag-hw-insert rx-vlan-stag-hw-parse rx-vlan-stag-filter l2-fwd-offload hw-tc-offload esp-hw-offload
  esp-tx-csum-hw-offload rx-udp_tunnel-port-offload tls-hw-tx-offload rx-gro-list macsec-hw-offload
  rx-udp-gro-forwarding hsr-tag-ins-offload hsr-tag-rm-offload hsr-fwd-offload hsr-dup-offload netns-local
  tls-hw-record`.split(/\s+/);

/**
 * Features that the kernel turns off without another: TSO needs scatter-gather and the transmit checksum.
 *
 * @see net/core/dev.c (netdev_fix_features)
 */
export const featureDependencies: readonly {
  readonly features: RegExp;
  readonly need: RegExp;
  /** Only where this is off as well. */
  readonly and?: RegExp;
}[] = [
  {
    features: /^tx-tcp(?:-ecn|-mangleid)?-segmentation$|^tx-udp-segmentation$/,
    need: /^tx-checksum(?:ming|-ip-generic|-ipv4)$/,
  },
  {
    features: /^tx-tcp6-segmentation$|^tx-udp-segmentation$/,
    need: /^tx-checksum(?:ming|-ip-generic|-ipv6)$/,
  },
  {
    features: /^tx-tcp6?(?:-ecn|-mangleid)?-segmentation$|^generic-segmentation-offload$/,
    need: /^(?:scatter-gather|tx-scatter-gather)$/,
  },
  { features: /^tx-tcp-mangleid-segmentation$/, need: /^tx-tcp-segmentation$/ },
  {
    features: /^tx-tcp-ecn-segmentation$/,
    need: /^tx-tcp-segmentation$/,
    and: /^tx-tcp6-segmentation$/,
  },
];
