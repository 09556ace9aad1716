import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { inForce, predictDeclarations } from '../../src/declared/predict.ts';
import type { Declaration } from '../../src/model/declaration.ts';
import { declaredHost } from '../support/declared-host.ts';
import { createNetworkRoot } from '../support/network-root.ts';
import type { NetworkRoot } from '../support/network-root.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';

const problem = namespaceProblem('mmdebstrap', 'unshare');
/** What is compared; without them there is no TSO, and no other feature is switched. */
const judged = [
  'tx-tcp-segmentation',
  'tx-tcp6-segmentation',
  'generic-segmentation-offload',
  'tx-checksum-ip-generic',
  'tx-udp_tnl-segmentation',
];

const addDevice = 'ip link add eno1 address 02:00:00:00:00:01 type veth peer name peer0';
const startUdev = '/usr/lib/systemd/systemd-udevd --daemon --resolve-names=never';
const commands = {
  ifupdown: `${addDevice}; mkdir -p /run/network; ifup -a`,
  ifupdown2: `${addDevice}; mkdir -p /run/network; ifup -a`,
  udev: `${startUdev}; ${addDevice}; udevadm settle`,
  networkmanager: `${startUdev}; mkdir -p /run/dbus; dbus-daemon --system --fork; ${addDevice}
    ip link set peer0 up; udevadm settle; NetworkManager
    for i in $(seq 150); do nmcli -t general status && break; sleep 0.1; done
    nmcli device set eno1 managed yes
    for i in $(seq 75); do nmcli connection up ifname eno1 && break; sleep 0.2; done`,
} as const;

const port = 'auto eno1\niface eno1 inet manual\n';
const bridge = `auto vmbr0
iface vmbr0 inet static
  address 192.0.2.1/24
  bridge-ports eno1
  bridge-stp off
  bridge-fd 0
`;
const link = '[Match]\nMACAddress=02:00:00:00:00:01\n[Link]\n';
const profile = `[connection]
id=wired
uuid=9c1d4c1c-5a3c-4d0a-a0b8-0a3a5a1a0001
type=ethernet
interface-name=eno1

[ipv4]
method=manual
address1=192.0.2.9/24

[ipv6]
method=disabled

[ethtool]
`;

function interfaces(text: string): Readonly<Record<string, string>> {
  return { '/etc/network/interfaces': text };
}

function keyfile(text: string): Readonly<Record<string, string>> {
  return {
    '/etc/NetworkManager/system-connections/eno1.nmconnection': profile + text,
    // It leaves veth devices alone unless it is told otherwise.
    '/etc/NetworkManager/conf.d/eno1.conf':
      '[device]\nmatch-device=interface-name:eno1\nmanaged=1\n',
  };
}

interface Case {
  readonly files: Readonly<Record<string, string>>;
  /** What eno1 is called in the end. */
  readonly device?: string;
  /** What becomes of the lines. */
  readonly outcomes: readonly string[];
}

const cases: Readonly<Record<keyof typeof commands, Readonly<Record<string, Case>>>> = {
  ifupdown: {
    'keys of the hook': {
      files: interfaces(`${port}  offload-tso off\n  offload-gso off\n`),
      outcomes: ['applies', 'applies'],
    },
    'post-up lines, a condition and a line that is continued': {
      files: interfaces(
        `${port}  post-up [ "$IFACE" = eno1 ] && ethtool -K $IFACE \\\n    tso off\n  up ethtool -K eno1 gso off # hangs\n`,
      ),
      outcomes: ['applies', 'applies'],
    },
    'keys of ifupdown2': {
      files: interfaces(`${port}  tso-offload off\n`),
      outcomes: ['other-systems-key'],
    },
    'a key that breaks the others': {
      files: interfaces(`${port}  offload-tso off\n  offload-tx-udp_tnl-segmentation off\n`),
      outcomes: ['aborted', 'breaks-the-start'],
    },
    'a stanza of the device below a VLAN': {
      files: interfaces(
        'auto eno1.5\niface eno1.5 inet manual\niface eno1 inet manual\n  offload-tso off\n',
      ),
      outcomes: ['applies'],
    },
    'a checksum without which there is no TSO': {
      files: interfaces(`${port}  offload-tx off\n`),
      outcomes: ['applies'],
    },
  },
  ifupdown2: {
    'keys of a port without auto': {
      files: interfaces(`iface eno1 inet manual\n  tso-offload off\n${bridge}`),
      outcomes: ['applies'],
    },
    'post-up that wins over a key': {
      files: interfaces(`${port}  post-up ethtool -K eno1 tso on gso off\n  tso-offload off\n`),
      outcomes: ['applies', 'applies'],
    },
    'keys behind one that fails': {
      files: interfaces(`${port}  tso-offload off\n  gro-offload no\n`),
      outcomes: ['unparsed-value', 'aborted'],
    },
    'post-up in the stanza of the bridge': {
      files: interfaces(`iface eno1 inet manual\n${bridge}  post-up ethtool -K $IFACE tso off\n`),
      outcomes: ['applies', 'wrong-device'],
    },
    'keys of Debian': {
      files: interfaces(`${port}  offload-tso off\n`),
      outcomes: ['other-systems-key'],
    },
  },
  udev: {
    'a .link file that renames': {
      files: {
        '/etc/systemd/network/10-a.link': `${link}Name=eth7\nTCPSegmentationOffload=no\nGenericSegmentationOffload=0\n`,
      },
      device: 'eth7',
      outcomes: ['applies', 'applies'],
    },
    'a drop-in': {
      files: {
        '/usr/lib/systemd/network/50-pve-nic0.link': `${link}Name=enic0\n`,
        '/etc/systemd/network/50-pve-nic0.link.d/offload.conf':
          '[Link]\nTCPSegmentationOffload=no\nTCP6SegmentationOffload=no\n',
      },
      device: 'enic0',
      outcomes: ['applies', 'applies'],
    },
    'a comment behind the value': {
      files: {
        '/etc/systemd/network/10-a.link': `${link}TCPSegmentationOffload=no # hangs\n`,
      },
      outcomes: ['unparsed-value'],
    },
    'a file that is shadowed': {
      files: {
        '/run/systemd/network/05-a.link': link,
        '/etc/systemd/network/10-b.link': `${link}TCPSegmentationOffload=no\n`,
      },
      outcomes: ['shadowed'],
    },
    'a rule': {
      files: {
        '/etc/udev/rules.d/90-a.rules':
          'ACTION=="add", SUBSYSTEM=="net", DRIVERS=="veth", RUN+="/usr/sbin/ethtool -K $name gso off"\nACTION=="add", SUBSYSTEM=="net", ATTR{address}=="02:00:00:00:00:01", RUN+="/usr/sbin/ethtool -K $name tso off"\n',
      },
      outcomes: ['applies', 'no-match'],
    },
    'a rule without a path': {
      files: {
        '/etc/udev/rules.d/90-a.rules':
          'ACTION=="add", SUBSYSTEM=="net", KERNEL=="eno1", RUN+="ethtool -K $name tso off"\n',
      },
      outcomes: ['no-path'],
    },
    'a rule that runs a shell': {
      files: {
        '/etc/udev/rules.d/90-a.rules': `ACTION=="add", SUBSYSTEM=="net", KERNEL=="eno1", RUN+="/bin/sh -c 'ethtool -K $name tso off && ethtool -K $name gso off'"\n`,
      },
      outcomes: ['applies', 'applies'],
    },
  },
  networkmanager: {
    'keys by short and by long name': {
      files: keyfile('feature-tso=false\nfeature-tx-udp_tnl-segmentation=0\n'),
      outcomes: ['applies', 'applies'],
    },
    'a value it does not understand': {
      files: keyfile('feature-tso=off\nfeature-gso=false\n'),
      outcomes: ['unparsed-value', 'applies'],
    },
    'a key it does not know': {
      files: keyfile('feature-generic-segmentation-offload=false\n'),
      outcomes: ['unknown-key'],
    },
  },
};

const packages = {
  debian: [
    'ifupdown',
    'udev',
    'dbus',

    'network-manager',
    'bridge-utils',
  ],
  ifupdown2: ['ifupdown2', 'bridge-utils'],
} as const;

describe.skipIf(problem !== undefined).each([
  ['ifupdown2', ['ifupdown2']],
  ['debian', ['ifupdown', 'udev', 'networkmanager']],
] as const)(`a Debian with %s${skipNote(problem)}`, (name, systems) => {
  let root: NetworkRoot | undefined;
  beforeAll(async () => {
    root = await createNetworkRoot(packages[name]);
  }, 300_000);
  afterAll(() => {
    root?.delete();
  });

  test.each(
    systems.flatMap((system) =>
      Object.entries(cases[system]).map(([title, row]) => ({ system, title, row })),
    ),
  )('does with $title of $system as was predicted', async ({ system, title, row }) => {
    const { files, device = 'eno1', outcomes } = row;
    const untouched = await root?.run(
      {},
      commands.udev.includes(system) ? commands.udev : addDevice,
    );
    const actual = await root?.run(files, commands[system]);
    const { device: eno1, ...host } = declaredHost({ system, case: title, files, device });
    const declarations = predictDeclarations(host);
    const state = inForce(declarations, eno1);
    const predicted = judged.map((feature) => [
      feature,
      state.get(feature)?.enabled ?? untouched?.find((own) => own.name === feature)?.enabled,
    ]);
    expect(predicted).toEqual(
      judged.map((feature) => [feature, actual?.find((own) => own.name === feature)?.enabled]),
    );
    expect(declarations.map(outcomeOf)).toEqual(outcomes);
  });
});

function outcomeOf({ outcome }: Declaration): string {
  return outcome.kind === 'ignored' ? outcome.reason : outcome.kind;
}
