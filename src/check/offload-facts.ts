import type { PredictionInput } from '../declared/predict.ts';
import type { Check, Fix } from '../model/check-report.ts';
import type { Declaration, DeviceIdentity, Setting } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import { persistentFix } from './recipe.ts';
import { switchCommand, switchesOf } from './switch-words.ts';

/** The facts about the offload features of one device. */
export interface OffloadFacts {
  readonly device: DeviceIdentity;
  /** Undefined if they could not be read. */
  readonly features: readonly Feature[] | undefined;
  readonly firmwareVersion: string | undefined;
  readonly input: PredictionInput;
  readonly declarations: readonly Declaration[];
  /** What the agent saw of them across boots. */
  readonly history: DeviceHistory | undefined;
  readonly nowSeconds: number;
  /** Known issues that affect its driver, firmware and kernel. */
  readonly issues: readonly KnownIssue[];
  /** Packets sent through its tunnels between the two samples of the counters. */
  readonly sentThrough: readonly { readonly name: string; readonly packets: number }[];
  /** Configuration files that could not be read. */
  readonly unreadable: readonly string[];
  readonly isImmutable: boolean;
  /** Whether another finding already reports a hang. */
  readonly hasHung: boolean;
}

/** The command that fixes it now, and the edit that makes the fix persistent. */
export function fixFor(facts: OffloadFacts, wanted: readonly Setting[]): Fix {
  const { device, features = [] } = facts;
  const isOtherwise = ({ feature, enabled }: Setting): boolean =>
    features.some((own) => own.name === feature && own.enabled !== enabled);
  return {
    now: wanted.some(isOtherwise) ? [switchCommand(device.name, switchesOf(wanted, device))] : [],
    persist: persistentFix({ ...facts, wanted }),
  };
}

/** A passed check. */
export function ok(id: string, headline: string): Check {
  return { id, result: 'ok', headline, evidence: [] };
}
