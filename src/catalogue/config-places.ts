/** What configures networks, as far as one file can be read where another cannot; values of the label `source`. */
export type ConfigSource =
  | 'ifupdown'
  | 'link'
  | 'netplan'
  | 'udev'
  | 'networkmanager'
  | 'ifcfg'
  | 'systemd-unit'
  | 'script';

/** A file or a directory that is read, and which names in it. */
export interface ConfigPlace {
  readonly source: ConfigSource;
  readonly path: string;
  /** Names of files in the directory; undefined for a place that is a file. */
  readonly files?: RegExp;
  /** Names of directories in the directory, whose files are read as well. */
  readonly directories?: RegExp;
  /** Of the directories in it: only who is there counts, not what is written there. */
  readonly isListed?: true;
}

const systemdPrefixes = ['/etc', '/run', '/usr/local/lib', '/usr/lib'];

/** Everything nicwatch reads to tell what will be in force after a reboot. */
export const configPlaces: readonly ConfigPlace[] = [
  { source: 'ifupdown', path: '/etc/network/interfaces' },
  { source: 'ifupdown', path: '/etc/network/interfaces.d', files: /./ },
  ...systemdPrefixes.map((prefix) => ({
    source: 'link' as const,
    path: `${prefix}/systemd/network`,
    files: /\.(?:link|network|netdev)$/,
    directories: /\.link\.d$/,
  })),
  ...['/run', '/etc', '/usr/lib'].map((prefix) => ({
    source: 'netplan' as const,
    path: `${prefix}/netplan`,
    files: /\.yaml$/,
  })),
  ...systemdPrefixes.map((prefix) => ({
    source: 'udev' as const,
    path: `${prefix}/udev/rules.d`,
    files: /\.rules$/,
  })),
  { source: 'udev', path: '/run/udev/data', files: /^n\d+$/ },
  ...['/etc', '/run', '/usr/lib'].map((prefix) => ({
    source: 'networkmanager' as const,
    path: `${prefix}/NetworkManager/system-connections`,
    // In /etc also files of before there was a suffix, but for copies of editors and packages, and for keys.
    files:
      prefix === '/etc'
        ? /^(?!\.).*(?<!~|\.(?:bak|orig|rpmnew|rpmsave|rpmorig|swp|tmp|pem|der|dpkg-\w+))$/
        : /\.nmconnection$/,
  })),
  { source: 'networkmanager', path: '/run/NetworkManager/devices', files: /^\d+$/ },
  { source: 'ifcfg', path: '/etc/sysconfig/network-scripts', files: /^ifcfg-/ },
  { source: 'ifcfg', path: '/etc/sysconfig/network', files: /^ifcfg-/ },
  ...systemdPrefixes.map((prefix) => ({
    source: 'systemd-unit' as const,
    path: `${prefix}/systemd/system`,
    files: /\.service$/,
    directories: /\.service\.d$/,
  })),
  ...systemdPrefixes.map((prefix) => ({
    source: 'systemd-unit' as const,
    path: `${prefix}/systemd/system`,
    directories: /\.(?:wants|requires)$/,
    isListed: true as const,
  })),
  ...[
    '/etc/network/if-pre-up.d',
    '/etc/network/if-up.d',
    '/etc/NetworkManager/dispatcher.d',
    '/etc/NetworkManager/dispatcher.d/pre-up.d',
    '/etc/networkd-dispatcher/routable.d',
    '/etc/networkd-dispatcher/configured.d',
    '/etc/cron.d',
    '/etc/init.d',
    '/etc/wicked/scripts',
  ].map((path) => ({ source: 'script' as const, path, files: /./ })),
  { source: 'script', path: '/etc/rc.local' },
  { source: 'script', path: '/etc/rc.d/rc.local' },
  { source: 'script', path: '/etc/crontab' },
];

/** Files whose presence says what is installed. */
export const installationMarkers = [
  '/etc',
  '/etc/network/if-up.d',
  '/etc/network/if-up.d/ethtool',
  '/etc/network/ifupdown2',
  '/usr/share/ifupdown2',
  '/usr/sbin',
  '/usr/sbin/ifup',
  '/sbin/ifup',
  '/usr/sbin/NetworkManager',
  '/usr/sbin/ethtool',
  '/sbin/ethtool',
  '/usr/bin/ethtool',
  '/bin/ethtool',
  '/etc/init.d/network',
  '/etc/NIXOS',
] as const;
