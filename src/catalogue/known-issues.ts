import type { KnownIssue } from '../model/known-issue.ts';

/**
 * Combinations with reported failures. Most reports leave open which firmware or kernel is affected, so a device may be exposed
 * and never fail.
 */
export const knownIssues: readonly KnownIssue[] = [
  {
    id: 'e1000e-tx-hang-tso',
    drivers: ['e1000e'],
    features: ['tcp-segmentation-offload', 'generic-segmentation-offload'],
    severity: 'critical',
    symptom:
      'Under load the transmitter locks up and the kernel logs "Detected Hardware Unit Hang" until the node is restarted. Reported on I217, I218, I219 and 82579.',
    mitigation: 'ethtool -K DEVICE tso off gso off gro off',
    sources: [
      'https://gist.github.com/abacao/df94dfb1c4e1e449b886765524718121',
      'https://smrtguy-io.pages.dev/thoughts/2026/e1000e-hardware-hang/',
      'https://github.com/siutsin/otaru/pull/2637',
      'https://github.com/gislab-npo/gislab/issues/407',
    ],
  },
  {
    id: 'i40e-vxlan-csum',
    drivers: ['i40e'],
    // Seen with 8.30 0x8000af86 and driver 2.14.13; NVM 8.40 mends it.
    firmware: { from: '8.30', below: '8.40' },
    features: ['tx-udp_tnl-csum-segmentation'],
    severity: 'critical',
    symptom:
      'The X710 with firmware 8.30 writes wrong checksums into VXLAN packets; 1 to 5 % of what goes to other nodes is dropped by their stack. Reported with driver 2.14.13 and firmware 8.30 0x8000af86.',
    mitigation: 'ethtool -K DEVICE tx-udp_tnl-csum-segmentation off tx-udp_tnl-segmentation off',
    sources: ['https://www.michal-drozd.com/en/blog/vxlan-checksum-offload-packet-drops/'],
  },
  {
    id: 'i40e-vxlan-csum-unknown',
    drivers: ['i40e'],
    firmware: { below: '8.30' },
    features: ['tx-udp_tnl-csum-segmentation'],
    severity: 'info',
    symptom:
      'Nobody has said whether firmware before 8.30 writes wrong checksums into VXLAN packets as 8.30 does: test it before the node carries load.',
    mitigation: 'ethtool -K DEVICE tx-udp_tnl-csum-segmentation off tx-udp_tnl-segmentation off',
    sources: ['https://www.michal-drozd.com/en/blog/vxlan-checksum-offload-packet-drops/'],
  },
  {
    id: 'ipvlan-dead-loop',
    drivers: ['ipvlan'],
    features: [],
    severity: 'info',
    symptom:
      'The kernel logs "Dead loop on virtual device" for packets to a pod that was deleted, until the sender\'s ARP entry ages out. Usually harmless.',
    mitigation: 'None needed while it stops by itself.',
    sources: ['https://support.huaweicloud.com/intl/en-us/cce_faq/cce_faq_00237.html'],
  },
  {
    id: 'vxlan-snat-csum',
    drivers: ['vxlan'],
    kernel: { below: '5.7' },
    features: ['tx-checksum-ip-generic'],
    severity: 'warning',
    symptom:
      'VXLAN packets that were masqueraded carry a wrong outer UDP checksum and are dropped; connections to services take 1, 3 or 63 s. Mended by commit ea64d8d6c675.',
    mitigation: 'ethtool -K DEVICE tx-checksum-ip-generic off',
    sources: [
      'https://github.com/flannel-io/flannel/issues/1279',
      'https://github.com/projectcalico/calico/issues/3145',
      'https://github.com/k3s-io/k3s/issues/2013',
      'https://github.com/kubernetes/kops/pull/9074',
    ],
  },
  {
    id: 'vmxnet3-vxlan-offload',
    drivers: ['vmxnet3'],
    features: ['tx-udp_tnl-segmentation', 'tx-udp_tnl-csum-segmentation'],
    severity: 'warning',
    symptom:
      'On vSphere 6.7u2 and later, with virtual hardware 14 and later, VXLAN of the guest loses everything but ICMP between nodes.',
    mitigation: 'ethtool -K DEVICE tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off',
    sources: [
      'https://github.com/projectcalico/calico/issues/4727',
      'https://github.com/projectcalico/calico/issues/9433',
      'https://github.com/openshift/machine-config-operator/pull/2734',
    ],
  },
  {
    id: 'vmxnet3-vxlan-inner-csum',
    drivers: ['vmxnet3'],
    features: ['tx-checksum-ip-generic'],
    severity: 'info',
    symptom:
      'With the eBPF data plane of Calico, VXLAN replies carry a wrong inner checksum and the virtual switch drops them.',
    mitigation: 'ethtool -K DEVICE tx-checksum-ip-generic off',
    sources: ['https://github.com/projectcalico/calico/issues/7040'],
  },
  {
    id: 'r8169-vlan-tx-csum',
    drivers: ['r8169'],
    // The first it was reported on; where it ends is not known.
    kernel: { from: '6.18.52' },
    features: ['tx-checksumming'],
    severity: 'warning',
    symptom:
      'With 802.1Q VLANs on it the transmitter times out again and again: NETDEV WATCHDOG and "rtl_rxtx_empty_cond". Reported on RTL8168h.',
    mitigation: 'ethtool -K DEVICE tx off',
    sources: [
      'https://github.com/home-assistant/operating-system/issues/5019',
      'https://github.com/home-assistant/operating-system/issues/5023',
    ],
  },
  {
    id: 'lan78xx-vlan-rx-csum',
    drivers: ['lan78xx'],
    features: ['rx-checksumming'],
    severity: 'warning',
    symptom:
      'The NIC of the Raspberry Pi 3B+ passes wrong checksums for good where VLANs or IPv6 are used: "hw csum failure".',
    mitigation: 'ethtool -K DEVICE rx off',
    sources: [
      'https://github.com/raspberrypi/linux/issues/2458',
      'https://github.com/raspberrypi/linux/issues/2659',
    ],
  },
  {
    id: 'bnx2-tx-csum',
    drivers: ['bnx2'],
    features: ['tx-checksumming'],
    severity: 'warning',
    symptom: 'Under XCP-ng the traffic of guests is lost while the host offloads checksums.',
    mitigation: 'ethtool -K DEVICE tx off',
    sources: ['https://github.com/xcp-ng/xcp/issues/506'],
  },
  {
    id: 'tg3-tx-csum',
    drivers: ['tg3'],
    features: ['tx-checksumming'],
    severity: 'info',
    symptom: 'TCP checksum errors between Contrail compute nodes. Reported on BCM5719.',
    mitigation: 'ethtool -K DEVICE tx off',
    sources: [
      'https://docs.mirantis.com/mcp/q4-18/mcp-operations-guide/tshooting/tshoot-contrail/tshoot-os-oc/compute-checksum-errors.html',
    ],
  },
  {
    id: 'hv-netvsc-vxlan-tx-csum',
    drivers: ['hv_netvsc'],
    features: ['tx-checksumming'],
    severity: 'info',
    symptom:
      'On some hypervisors VXLAN packets above 1370 bytes are lost; an MTU of 1350 helps as well.',
    mitigation: 'ethtool -K DEVICE tx off',
    sources: [
      'https://github.com/flannel-io/flannel/issues/790',
      'https://github.com/coreos/tectonic-installer/issues/1171',
    ],
  },
  {
    id: 'hv-netvsc-tx-stuck',
    drivers: ['hv_netvsc'],
    kernel: { from: '3.10.0-862', below: '3.10.0-1062' },
    features: [],
    severity: 'warning',
    symptom: 'Under heavy load the device sticks, and tx_send_full rises.',
    mitigation: 'Boot kernel 3.10.0-1062 or later.',
    sources: ['https://github.com/microsoft/azure-linux-kernel/issues/36'],
  },
  {
    id: 'igb-tx-hang',
    drivers: ['igb'],
    features: ['tcp-segmentation-offload', 'large-receive-offload'],
    severity: 'info',
    symptom: '"Detected Tx Unit Hang" and "Reset adapter" in turns. Reported on I210 and I350.',
    mitigation: 'ethtool -K DEVICE tso off lro off',
    sources: [
      'https://github.com/Avnu/OpenAvnu/issues/210',
      'https://github.com/openstreetmap/operations/issues/45',
    ],
  },
  {
    id: 'e1000e-eee-hang',
    drivers: ['e1000e'],
    features: [],
    severity: 'info',
    symptom:
      'With Energy-Efficient Ethernet the transmitter hangs, and only a reset of the link helps. Reported on I219-LM.',
    mitigation: 'ethtool --set-eee DEVICE eee off',
    sources: ['https://github.com/achetronic/homelab-ops/pull/5'],
  },
  {
    id: 'igc-pcie-link-lost',
    drivers: ['igc'],
    features: [],
    severity: 'info',
    symptom:
      'Power management of PCIe detaches the NIC: "PCIe link lost, device now detached", while it is shown as up. Reported on I225-V.',
    mitigation: 'Boot with pcie_aspm.policy=performance pcie_port_pm=off.',
    sources: [
      'https://github.com/ublue-os/bazzite/issues/5337',
      'https://github.com/ublue-os/bazzite/pull/4565',
    ],
  },
  {
    id: 'igc-l1-2-stall',
    drivers: ['igc'],
    features: [],
    severity: 'info',
    symptom:
      'The exit from PCIe state L1.2 takes longer than the NIC says; it stalls, with "Detected Tx Unit Hang" and TDH equal to TDT. Reported on I225 and I226.',
    mitigation: 'Boot a kernel that has commits 0325143b59c6 and 1468c1f97cf3.',
    sources: [
      'https://github.com/freebsd/freebsd-src/pull/2318',
      'https://github.com/istoreos/istoreos/issues/1463',
    ],
  },
  {
    id: 'r8169-aspm-timeout',
    drivers: ['r8169'],
    features: [],
    severity: 'info',
    symptom:
      'With PCIe power management (ASPM) the transmitter times out; newer kernels switch it off at the first timeout.',
    mitigation: 'Boot with pcie_aspm=off.',
    sources: [
      'https://github.com/KastB/r8169/issues/3',
      'https://github.com/csrutil/OpenWrt-NIC-Drivers/issues/11',
    ],
  },
];
