/** What a check found: `unknown` where it could not look. */
export type CheckResultKind = 'ok' | 'info' | 'warning' | 'critical' | 'unknown';

/** Something that was read, and where. */
export interface Evidence {
  /** A file of the host, with a line where one is meant. */
  readonly file?: string;
  readonly line?: number;
  readonly text: string;
}

/** Lines of a file to take away, and lines to put in at one place. A file may have several. */
export interface FileEdit {
  readonly file: string;
  /** Numbers of lines as they are before the edit. */
  readonly remove: readonly number[];
  readonly insert?: {
    /** Number of the line before it, as it is before the edit; 0 is the beginning of the file. */
    readonly after: number;
    readonly lines: readonly string[];
  };
}

/** How a setting is made to last. */
export interface PersistentFix {
  /** What configures the device, as its documentation calls it. */
  readonly configurer: string;
  readonly edits: readonly FileEdit[];
  /** Commands that declare it, where that is done by commands. */
  readonly commands: readonly string[];
  readonly note?: string;
  /** Commands that have it read. */
  readonly apply: readonly string[];
  /** What may go wrong. */
  readonly careful?: string;
}

export interface Fix {
  /** Commands that help at once, until the next reboot. */
  readonly now: readonly string[];
  readonly persist?: PersistentFix;
  /** Another way. */
  readonly or?: string;
}

export interface Check {
  readonly id: string;
  readonly result: CheckResultKind;
  readonly reason?: string;
  readonly feature?: string;
  /** One sentence. */
  readonly headline: string;
  readonly evidence: readonly Evidence[];
  readonly why?: string;
  readonly fix?: Fix;
  /** A page to read, by its path in the repository or its address. */
  readonly read?: string;
}

export interface CheckedDevice {
  readonly name: string;
  readonly driver?: string;
  readonly model?: string;
  readonly firmwareVersion?: string;
  readonly busAddress?: string;
  readonly speedBitsPerSecond?: number;
  readonly ifindex: number;
  readonly master?: string;
  /** VXLAN and Geneve devices that stand on it. */
  readonly tunnels: readonly string[];
  readonly checks: readonly Check[];
}

export interface CheckSummary {
  readonly result: 'ok' | 'findings' | 'incomplete';
  readonly critical: number;
  readonly warning: number;
  readonly unknown: number;
  readonly ok: number;
}

export interface CheckedHost {
  readonly name: string;
  readonly os?: string;
  readonly kernel?: string;
  readonly bootId?: string;
  readonly uptimeSeconds?: number;
  readonly networkConfigurers: readonly { readonly name: string; readonly version?: string }[];
}

/** What `nicwatch check` found on a host. */
export interface CheckReport {
  readonly host: CheckedHost;
  /** What is about the node, and no device. */
  readonly node: { readonly checks: readonly Check[] };
  readonly devices: readonly CheckedDevice[];
  readonly summary: CheckSummary;
}

/** What `nicwatch check --format=json` prints. */
export interface CheckResponse {
  readonly status: 'success';
  readonly data: CheckReport;
}
