import type { PredictionInput } from '../declared/predict.ts';
import type { Check, Fix } from '../model/check-report.ts';
import type { Declaration, DeviceIdentity, Setting } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import { persistentFix } from './recipe.ts';
import { switchCommand, switchesOf } from './switch-words.ts';

/** All that is known of one device's offload features. */
export interface OffloadFacts {
  readonly device: DeviceIdentity;
  /** Undefined where they could not be read. */
  readonly features: readonly Feature[] | undefined;
  readonly firmwareVersion: string | undefined;
  readonly input: PredictionInput;
  readonly declarations: readonly Declaration[];
  /** What the agent saw of them across boots. */
  readonly history: DeviceHistory | undefined;
  readonly nowSeconds: number;
  /** Known issues whose driver, firmware and kernel are those of the device. */
  readonly issues: readonly KnownIssue[];
  /** Packets sent through the tunnels that stand on it while the counters were read. */
  readonly sentThrough: readonly { readonly name: string; readonly packets: number }[];
  /** Files of the configuration that could not be read. */
  readonly unreadable: readonly string[];
  readonly isImmutable: boolean;
  /** Whether another finding already says that the transmitter hung. */
  readonly hasHung: boolean;
}

/** The command that helps at once, and what makes it last. */
export function fixFor(facts: OffloadFacts, wanted: readonly Setting[]): Fix {
  const { device, features = [] } = facts;
  const isOtherwise = ({ feature, enabled }: Setting): boolean =>
    features.some((own) => own.name === feature && own.enabled !== enabled);
  return {
    now: wanted.some(isOtherwise) ? [switchCommand(device.name, switchesOf(wanted, device))] : [],
    persist: persistentFix({ ...facts, wanted }),
  };
}

/** A check that found nothing wrong. */
export function ok(id: string, headline: string): Check {
  return { id, result: 'ok', headline, evidence: [] };
}
