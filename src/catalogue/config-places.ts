/** Systems that configure networks, each read or unreadable on its own; values of the label `source`. */
export type ConfigSource =
  | 'ifupdown'
  | 'link'
  | 'netplan'
  | 'udev'
  | 'networkmanager'
  | 'ifcfg'
  | 'systemd-unit'
  | 'script';

/** A file to read, or a directory and the names to read in it. */
export interface ConfigPlace {
  readonly source: ConfigSource;
  readonly path: string;
  /** Names of files in the directory; undefined for a place that is a file. */
  readonly files?: RegExp;
  /** Names of directories in the directory, whose files are read as well. */
  readonly directories?: RegExp;
  /** Only the names in its directories matter, not the contents. */
  readonly isListed?: true;
}

const systemdPrefixes = ['/etc', '/run', '/usr/local/lib', '/usr/lib'];

/** Everything nicwatch reads to predict the offload features after a reboot. */
export const configPlaces: readonly ConfigPlace[] = [
  { source: 'ifupdown', path: '/etc/network/interfaces' },
  { source: 'ifupdown', path: '/etc/network/interfaces.d', files: /./ },
  ...below(systemdPrefixes, {
    source: 'link',
    path: '/systemd/network',
    files: /\.(?:link|network|netdev)$/,
    directories: /\.link\.d$/,
  }),
  ...below(['/run', '/etc', '/usr/lib'], { source: 'netplan', path: '/netplan', files: /\.yaml$/ }),
  ...below(systemdPrefixes, { source: 'udev', path: '/udev/rules.d', files: /\.rules$/ }),
  { source: 'udev', path: '/run/udev/data', files: /^n\d+$/ },
  {
    source: 'networkmanager',
    path: '/etc/NetworkManager/system-connections',
    // Also files without a suffix, but not copies of editors and packages, nor keys.
    files: /^(?!\.).*(?<!~|\.(?:bak|orig|rpmnew|rpmsave|rpmorig|swp|tmp|pem|der|dpkg-\w+))$/,
  },
  ...below(['/run', '/usr/lib'], {
    source: 'networkmanager',
    path: '/NetworkManager/system-connections',
    files: /\.nmconnection$/,
  }),
  { source: 'networkmanager', path: '/run/NetworkManager/devices', files: /^\d+$/ },
  { source: 'ifcfg', path: '/etc/sysconfig/network-scripts', files: /^ifcfg-/ },
  { source: 'ifcfg', path: '/etc/sysconfig/network', files: /^ifcfg-/ },
  ...below(systemdPrefixes, {
    source: 'systemd-unit',
    path: '/systemd/system',
    files: /\.service$/,
    directories: /\.service\.d$/,
  }),
  ...below(systemdPrefixes, {
    source: 'systemd-unit',
    path: '/systemd/system',
    directories: /\.(?:wants|requires)$/,
    isListed: true,
  }),
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

/** Files whose presence shows what is installed. */
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

function below(prefixes: readonly string[], place: ConfigPlace): readonly ConfigPlace[] {
  return prefixes.map((prefix) => ({ ...place, path: prefix + place.path }));
}
