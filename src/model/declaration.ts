/** Systems that set offload features of a device when it appears or is configured; values of the label `source`. */
type DeclarationSource =
  | 'link'
  | 'netplan'
  | 'udev'
  | 'ifupdown'
  | 'ifupdown2'
  | 'networkmanager'
  | 'ifcfg'
  | 'wicked'
  | 'systemd-unit'
  | 'script';

/** Why a declaration has no effect; values of the label `reason`. */
export type IgnoredReason =
  | 'aborted'
  | 'breaks-the-start'
  | 'file-refused'
  | 'hook-missing'
  | 'no-auto'
  | 'no-match'
  | 'no-path'
  | 'no-scripts'
  | 'no-shell'
  | 'no-such-device'
  | 'not-a-command'
  | 'not-expanded'
  | 'other-device-name'
  | 'other-systems-key'
  | 'overruled'
  | 'shadowed'
  | 'unit-disabled'
  | 'unknown-feature'
  | 'unknown-key'
  | 'unmanaged'
  | 'unparsed-value'
  | 'wrong-device'
  | 'wrong-place';

/** The effect of a declaration at the next boot. */
export type Outcome =
  | { readonly kind: 'applies' }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason; readonly detail?: string }
  /** Unpredictable without running it. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** Location of a declaration. Lines count from 1. */
export interface Origin {
  readonly source: DeclarationSource;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** One line of the host's configuration that is meant to set offload features. */
export interface Declaration extends Origin {
  /** The device it names or is applied to; undefined if it names none. */
  readonly device: string | undefined;
  /** Features under the names `ethtool -k` prints, groups resolved to their members. */
  readonly settings: readonly Setting[];
  readonly outcome: Outcome;
}

export interface Setting {
  readonly feature: string;
  readonly enabled: boolean;
}

/** The properties of a network device that decide which declarations apply to it. */
export interface DeviceIdentity {
  /** Current name. */
  readonly name: string;
  /** Name before udev renamed it; undefined if unknown. */
  readonly kernelName: string | undefined;
  readonly macAddress: string | undefined;
  readonly permanentMacAddress: string | undefined;
  readonly driver: string | undefined;
  readonly busAddress: string | undefined;
  readonly interfaceIndex: number;
  /** Device type as systemd names it: `ether`, `wlan`, `bridge`. */
  readonly type: string;
  /** The bridge or bond it is a port of. */
  readonly master: string | undefined;
  /** Its features, members of groups included; undefined if they were not read. */
  readonly features: readonly string[] | undefined;
}

/** A file of the host's configuration, by its path on the host. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}
