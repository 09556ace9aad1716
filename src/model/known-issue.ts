/** Critical: a node or its data is lost. Warning: packets are lost. Info: known only from reports. */
export const issueSeverities = ['critical', 'warning', 'info'] as const;

/** The affected versions: `from` inclusive, `below` exclusive, each undefined if unknown. */
export interface VersionRange {
  readonly from?: string | undefined;
  readonly below?: string | undefined;
}

/** A combination of driver, firmware, kernel and offload features with reported failures. A risk, not a diagnosis. */
export interface KnownIssue {
  /** Value of the label `issue`. */
  readonly id: string;
  /** Names as `ethtool -i` prints them. */
  readonly drivers: readonly string[];
  /** Undefined if the affected versions are unknown: then every version counts as affected. */
  readonly firmware?: VersionRange | undefined;
  readonly kernel?: VersionRange | undefined;
  /** A device is exposed while any of these is on; if empty, it always is. */
  readonly features: readonly string[];
  /** The state a policy requires of these features; undefined for an issue, which is only a risk. */
  readonly required?: 'on' | 'off' | undefined;
  /** Matches the full name of the devices it applies to; undefined for all. */
  readonly device?: RegExp | undefined;
  /** Matches the full bus address of the devices it applies to. */
  readonly bus?: RegExp | undefined;
  readonly severity: (typeof issueSeverities)[number];
  readonly symptom: string;
  /** A command, with `DEVICE` for the device's name, or other instructions. */
  readonly mitigation: string;
  readonly sources: readonly string[];
}
