import { configPlaces } from '../catalogue/config-places.ts';
import type { ConfigSource } from '../catalogue/config-places.ts';
import { curatedOffloadFeatures } from '../catalogue/offload-names.ts';
import { predictionInput } from '../declared/host-input.ts';
import { memberNames } from '../declared/identity.ts';
import { inForce, predictDeclarations } from '../declared/predict.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import { gauge } from '../metrics/metric.ts';
import type { MetricFamily } from '../metrics/metric.ts';
import type { Declaration, DeviceIdentity } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import { memoizeByObject, memoizeLast } from '../model/memoize.ts';
import type { CollectorDefinition, WatchedDevice } from './collector.ts';
import { createRefresher } from './declared-refresher.ts';
import type { HostState } from './declared-refresher.ts';
import { policyVerdicts } from './policy.ts';

const declared = gauge({
  name: 'nic_offload_declared',
  help: "What an offload feature will be after a reboot, as far as the host's configuration says: 1 on, 0 off; absent where nothing is declared, or nobody can tell. Source: the configuration of what the label source names.",
  labels: ['device', 'feature', 'source'],
});
const ignored = gauge({
  name: 'nic_offload_declaration_ignored',
  help: "Lines of the host's configuration that are meant to switch offload features and do not, by reason. Source: the configuration of what the label source names.",
  labels: ['device', 'source', 'reason'],
});
const violation = gauge({
  name: 'nic_offload_policy_violation',
  help: 'Whether an offload feature is not as a policy requires it. Source: ethtool -k, the file of known issues.',
  labels: ['device', 'feature', 'policy'],
});
const readable = gauge({
  name: 'nicwatch_network_config_readable',
  help: "Whether the host's configuration of its network can be read and understood, by what reads it: 0 where a file cannot be read, or only running it would tell what it does.",
  labels: ['source'],
});

const sources = [...new Set(configPlaces.map(({ source }) => source))];

/** Predicts the offload features after a reboot, and checks policies about them. */
export const declaredCollector: CollectorDefinition = {
  name: 'declared',
  description: 'Offload features predicted after a reboot, and violations of policies.',
  metrics: [declared, ignored, violation, readable],
  create: ({ host, config, log }) => {
    const refresher = createRefresher(host, ({ unreadable }) => {
      for (const { error } of unreadable) {
        log.warn({ reason: error.message }, 'a part of the network configuration cannot be read');
      }
    });
    const isWanted = (feature: string): boolean =>
      curatedOffloadFeatures.has(feature) || config.offloadFeatures?.test(feature) === true;
    const familiesOf = memoizeLast(
      (state: HostState, ...watched: readonly DeviceIdentity[]): readonly MetricFamily[] =>
        declaredFamilies(state, watched, isWanted),
    );
    const identityOf = createIdentities();
    let kernelRelease: string | undefined;

    return {
      needs: () => ['features'],
      run: refresher.run,
      collect: async (poll) => {
        const { devices } = poll;
        // On every poll, because SIGHUP reloads them.
        const policies = config.knownIssues.filter(({ required }) => required !== undefined);
        const state = await refresher.state();
        if (state === undefined) {
          return [];
        }
        kernelRelease ??= await poll.attemptLater({ device: undefined, read: 'procfs' }, async () =>
          (await poll.readFile('/proc/sys/kernel/osrelease')).trim(),
        );
        const readings = devices.map((device) => {
          const features = poll.attempt({ device, read: 'features' }, device.features);
          return { device, features, identity: identityOf(state, device, features) };
        });
        return [
          ...familiesOf(state, ...readings.map(({ identity }) => identity)),
          ...(policies.length === 0
            ? []
            : [
                violation.family(
                  readings.flatMap(({ device, features, identity }) =>
                    policyVerdicts(policies, {
                      device: identity,
                      features,
                      firmwareVersion: poll.driverInfo(device)?.firmwareVersion,
                      kernelRelease,
                    }).map(({ feature, policy, isViolated }) => ({
                      labels: { device: device.name, feature, policy: policy.id },
                      value: Number(isViolated),
                    })),
                  ),
                ),
              ]),
        ];
      },
    };
  },
};

function declaredFamilies(
  { config, netplan, identities: known }: HostState,
  watched: readonly DeviceIdentity[],
  isWanted: (feature: string) => boolean,
): readonly MetricFamily[] {
  const byIndex = new Map(watched.map((identity) => [identity.interfaceIndex, identity]));
  const all = [...known.values()].map(
    (identity) => byIndex.get(identity.interfaceIndex) ?? { ...identity, features: undefined },
  );
  const declarations = predictDeclarations(predictionInput(config, { devices: all, netplan }));
  const unreadable = unreadableSources(config, declarations);
  return [
    declared.family(
      watched.flatMap((identity) =>
        [...inForce(declarations, identity)]
          .filter(([feature]) => isWanted(feature))
          .map(([feature, { enabled, by }]) => ({
            labels: { device: identity.name, feature, source: by.source },
            value: Number(enabled),
          })),
      ),
    ),
    ignored.family(ignoredSamples(declarations)),
    readable.family(
      sources.map((source) => ({
        labels: { source },
        value: Number(config.present.has('/etc') && !unreadable.has(source)),
      })),
    ),
  ];
}

function ignoredSamples(declarations: readonly Declaration[]) {
  const counts = new Map<
    string,
    { readonly labels: Readonly<Record<string, string>>; value: number }
  >();
  for (const { device = '', source, outcome } of declarations) {
    if (outcome.kind === 'ignored') {
      const labels = { device, source, reason: outcome.reason };
      const key = JSON.stringify(labels);
      const value = (counts.get(key)?.value ?? 0) + 1;
      counts.set(key, { labels, value });
    }
  }
  return [...counts.values()];
}

/** Creates the function that returns the identity of a watched device: the same object while nothing changes. */
function createIdentities(): (
  state: HostState,
  device: WatchedDevice,
  features: readonly Feature[] | undefined,
) => DeviceIdentity {
  const identify = memoizeByObject(({ busAddress, interfaceIndex }: WatchedDevice) =>
    memoizeLast(
      (
        { identities }: HostState,
        name: string,
        driver: string | undefined,
        features: readonly Feature[] | undefined,
      ): DeviceIdentity => ({
        ...(identities.get(interfaceIndex) ?? { ...nothingKnown, kernelName: name }),
        name,
        driver,
        busAddress,
        interfaceIndex,
        features: features === undefined ? undefined : memberNames(features),
      }),
    ),
  );
  return (state, device, features) =>
    identify(device)(
      state,
      device.name,
      device.lastDriverInfo()?.driver ?? device.driver,
      features,
    );
}

const nothingKnown = {
  macAddress: undefined,
  permanentMacAddress: undefined,
  type: 'ether',
  master: undefined,
} as const;

/** Sources of declarations that share the files of another. */
const readWith: Readonly<Record<string, ConfigSource>> = { ifupdown2: 'ifupdown', wicked: 'ifcfg' };

/** Sources with a file that cannot be read, or with a declaration whose outcome is unknown. */
function unreadableSources(
  { unreadable }: NetworkConfig,
  declarations: readonly Declaration[],
): ReadonlySet<string> {
  const unknown = declarations.filter(({ outcome }) => outcome.kind === 'unknown');
  return new Set([
    ...unreadable.map(({ source }) => source),
    ...unknown.map(({ source }) => readWith[source] ?? source),
  ]);
}
