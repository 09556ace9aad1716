import type { KnownIssue } from '../model/known-issue.ts';
import { memoizeLast } from '../model/memoize.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { exposureTo, isSelected } from './exposure.ts';

export const knownIssue: Metric<'device' | 'issue' | 'severity'> = gauge({
  name: 'nic_known_issue',
  help: 'Whether the device is exposed to an issue reported of its driver: 1 where firmware, kernel and offload features are such, 0 where one of them is not. A risk, no verdict. Source: ethtool -i and -k, the catalogue of known issues.',
  labels: ['device', 'issue', 'severity'],
});

/** Known-bad combinations of driver, firmware, kernel and offload features. */
export const knownIssueCollector: CollectorDefinition = {
  name: 'known-issue',
  description: 'Known issues each device is exposed to.',
  metrics: [knownIssue],
  create: ({ config }) => {
    // A feature that must be on is a policy, not a risk.
    const issuesOf = memoizeLast((issues: readonly KnownIssue[]) =>
      issuesByDriver(issues.filter(({ required }) => required !== 'on')),
    );
    let kernelRelease: string | undefined;

    const ofDevice = (device: WatchedDevice): readonly KnownIssue[] =>
      issuesOf(config.knownIssues)
        .get(device.lastDriverInfo()?.driver ?? device.driver ?? '')
        ?.filter((issue) => isSelected(issue, device)) ?? [];

    /** No sample for an unknown exposure. */
    const readDevice = (device: WatchedDevice, { attempt, driverInfo }: Poll) => {
      const issues = ofDevice(device);
      const facts = {
        firmwareVersion: driverInfo(device)?.firmwareVersion,
        kernelRelease,
        features: needsFeatures(issues)
          ? attempt({ device, read: 'features' }, device.features)
          : undefined,
      };
      return issues
        .map((issue) => ({ issue, exposure: exposureTo(issue, facts) }))
        .filter(({ exposure }) => exposure !== 'unknown')
        .map(({ issue: { id, severity }, exposure }) => ({
          labels: { device: device.name, issue: id, severity },
          value: Number(exposure === 'exposed'),
        }));
    };

    return {
      needs: (device) => (needsFeatures(ofDevice(device)) ? ['features'] : []),
      collect: async (poll) => {
        kernelRelease ??= await poll.attemptLater({ device: undefined, read: 'procfs' }, async () =>
          (await poll.readFile('/proc/sys/kernel/osrelease')).trim(),
        );
        return [knownIssue.family(poll.devices.flatMap((device) => readDevice(device, poll)))];
      },
    };
  },
};

function needsFeatures(issues: readonly KnownIssue[]): boolean {
  return issues.some(({ features }) => features.length > 0);
}

function issuesByDriver(issues: readonly KnownIssue[]): ReadonlyMap<string, readonly KnownIssue[]> {
  const drivers = new Set(issues.flatMap((issue) => issue.drivers));
  return new Map(
    [...drivers].map((driver) => [
      driver,
      issues.filter((issue) => issue.drivers.includes(driver)),
    ]),
  );
}
