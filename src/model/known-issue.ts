/** Critical costs a node or its data, warning costs packets, info is known only from reports. */
export const issueSeverities = ['critical', 'warning', 'info'] as const;

/** The affected versions: `from` inclusive, `below` exclusive, each undefined where unknown. */
export interface VersionRange {
  readonly from: string | undefined;
  readonly below: string | undefined;
}

/** A combination of driver, firmware, kernel and offload features with reported failures. A risk, not a diagnosis. */
export interface KnownIssue {
  /** Value of the label `issue`. */
  readonly id: string;
  /** As `ethtool -i` names them. */
  readonly drivers: readonly string[];
  /** Undefined where the affected versions are unknown: then all may be. */
  readonly firmware: VersionRange | undefined;
  readonly kernel: VersionRange | undefined;
  /** A device is exposed while any of these is on; if empty, it always is. */
  readonly features: readonly string[];
  /** What a policy demands of these features; undefined for an issue that only is a risk. */
  readonly required?: 'on' | 'off';
  /** Whole names of the devices it is for; undefined is all. */
  readonly device?: RegExp;
  /** Whole bus addresses of the devices it is for. */
  readonly bus?: RegExp;
  readonly severity: (typeof issueSeverities)[number];
  readonly symptom: string;
  /** A command, with `DEVICE` for the device's name, or other instructions. */
  readonly mitigation: string;
  readonly sources: readonly string[];
}
