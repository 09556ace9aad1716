import { hasVersions, isSelected } from '../collectors/exposure.ts';
import type { Config } from '../config/config.ts';
import { featuresNamed } from '../declared/feature-names.ts';
import { memberNames, readIdentity } from '../declared/identity.ts';
import type { PredictionInput } from '../declared/predict.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import type { Check } from '../model/check-report.ts';
import type { Declaration, DeviceIdentity } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { DeviceHistory } from '../model/offload-history.ts';
import type { DeviceStatus, Status } from '../model/status.ts';
import { stateText } from './exposure-checks.ts';
import { fixFor } from './offload-facts.ts';
import type { OffloadFacts } from './offload-facts.ts';
import type { Remedy } from './previous-boot-check.ts';
import type { PreviousBoot } from './previous-boot.ts';
import { wantedSettings } from './wanted-settings.ts';

/** The facts read from the host. */
export interface Subject {
  readonly host: Host;
  readonly config: Config;
  readonly first: Status;
  readonly last: Status;
  readonly previousBoot: PreviousBoot;
  readonly network: NetworkConfig;
  readonly input: PredictionInput;
  readonly declarations: readonly Declaration[];
  readonly kernelRelease: string;
  /** What the agent saw of offload features across boots. */
  readonly histories: readonly DeviceHistory[];
}

/** Collects the facts about the offload features of a device. */
export function factsOf(
  device: DeviceStatus,
  identity: DeviceIdentity,
  { subject, hung }: { readonly subject: Subject; readonly hung: boolean },
): OffloadFacts {
  const { config, network, input, declarations, kernelRelease } = subject;
  const firmwareVersion = device.firmwareVersion === '' ? undefined : device.firmwareVersion;
  const features = featuresOfStatus(device);
  return {
    device: identity,
    features: features.length === 0 ? undefined : features,
    firmwareVersion,
    input,
    declarations,
    history: subject.histories.find((history) => history.device === identity.busAddress),
    nowSeconds: subject.last.timestampSeconds,
    issues: config.knownIssues.filter(
      (issue) =>
        issue.drivers.includes(device.driver) &&
        isSelected(issue, identity) &&
        hasVersions(issue, { firmwareVersion, kernelRelease }) === true,
    ),
    sentThrough: tunnelsOn(device.name, subject.host).flatMap((name) => {
      const sent = (status: Status): number =>
        status.devices.find((row) => row.name === name)?.counters['tx_packets'] ?? 0;
      return [{ name, packets: sent(subject.last) - sent(subject.first) }];
    }),
    unreadable: network.present.has('/etc') ? network.unreadable.map(({ path }) => path) : ['/etc'],
    isImmutable: network.present.has('/etc/NIXOS'),
    hasHung: hung,
  };
}

/** The command that usually prevents a hang, unless it is in force. */
export function remedyOf(facts: OffloadFacts, offloads: readonly Check[]): Remedy | undefined {
  const { issues, features = [], device } = facts;
  const isSaid = offloads.some(({ id, result }) => id === 'offload-declared' && result !== 'ok');
  const isMeant = features.filter(
    ({ name, enabled, fixed }) =>
      enabled &&
      !fixed &&
      issues.some(
        (issue) =>
          issue.severity === 'critical' &&
          issue.features.some((feature) => featuresNamed(feature, device)?.includes(name) === true),
      ),
  );
  if (isMeant.length === 0) {
    return undefined;
  }
  const fix = fixFor(facts, wantedSettings(facts));
  return {
    evidence: stateText(isMeant, device),
    fix: isSaid ? { now: fix.now } : fix,
  };
}

function featuresOfStatus({ offloads }: DeviceStatus): readonly Feature[] {
  return offloads.map(({ feature, enabled, fixed, requested }) => ({
    name: feature,
    enabled,
    fixed,
    requested: requested ?? enabled,
  }));
}

/** The identity of a device, with the information of its driver. */
export async function identityOf(
  host: Host,
  device: Parameters<typeof readIdentity>[1],
  { devices }: Status,
): Promise<DeviceIdentity> {
  const status = devices.find(({ name }) => name === device.name);
  const features = status === undefined ? [] : featuresOfStatus(status);
  return {
    ...(await readIdentity(host, device)),
    ...(status === undefined || status.driver === '' ? {} : { driver: status.driver }),
    features: features.length === 0 ? undefined : memberNames(features),
  };
}

/** Names of the VXLAN and Geneve devices over a device. */
export function tunnelsOn(name: string, host: Host): readonly string[] {
  const devices = host.devices();
  const entries = devices.find((device) => device.name === name)?.attributeNames('.') ?? [];
  return devices
    .filter(({ kind }) => kind === 'vxlan' || kind === 'geneve')
    .map((device) => device.name)
    .filter((tunnel) => entries.includes(`upper_${tunnel}`));
}
