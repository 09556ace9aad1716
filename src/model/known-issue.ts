/** How much is at stake: a node or its data, packets, or what only the reports tell. */
export const issueSeverities = ['critical', 'warning', 'info'] as const;

/** Versions that have an issue: from the first to before the last, as far as these are known. */
export interface VersionRange {
  readonly from: string | undefined;
  readonly below: string | undefined;
}

/** A combination of driver, firmware, kernel and offload features that was reported to go wrong. A risk, no verdict. */
export interface KnownIssue {
  /** Value of the label `issue`. */
  readonly id: string;
  /** As `ethtool -i` names them. */
  readonly drivers: readonly string[];
  /** Undefined where it is not known which versions have the issue: then all may. */
  readonly firmware: VersionRange | undefined;
  readonly kernel: VersionRange | undefined;
  /** Any of these, on, exposes a device; with none nothing that can be seen here protects it. */
  readonly features: readonly string[];
  /** What a policy demands of these features; undefined for an issue that only is a risk. */
  readonly required?: 'on' | 'off';
  /** Whole names of the devices it is for; undefined is all. */
  readonly device?: RegExp;
  /** Whole bus addresses of the devices it is for. */
  readonly bus?: RegExp;
  readonly severity: (typeof issueSeverities)[number];
  readonly symptom: string;
  /** A command, with `DEVICE` for the device's name, or what else to do. */
  readonly mitigation: string;
  /** Where it was reported. */
  readonly sources: readonly string[];
}
