import type { Device } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { gauge } from '../metrics/metric.ts';
import type { Metric } from '../metrics/metric.ts';
import type { CollectorDefinition, Poll, WatchedDevice } from './collector.ts';
import { exposureTo, isSelected } from './exposure.ts';
import type { Exposure } from './exposure.ts';

export const knownIssue: Metric<'device' | 'issue' | 'severity'> = gauge({
  name: 'nic_known_issue',
  help: 'Whether the device is exposed to an issue reported of its driver: 1 where firmware, kernel and offload features are such, 0 where one of them is not. A risk, no verdict. Source: ethtool -i and -k, the catalogue of known issues.',
  labels: ['device', 'issue', 'severity'],
});

const featureReads = ['features'] as const;
const noReads = [] as const;
const noIssues = [] as const;

/** Known-bad combinations of driver, firmware, kernel and offload features. */
export const knownIssueCollector: CollectorDefinition = {
  name: 'known-issue',
  description: 'Known issues each device is exposed to.',
  metrics: [knownIssue],
  create: ({ config }) => {
    let listed: readonly KnownIssue[] | undefined;
    let issuesOf: ReturnType<typeof issuesByDriver> = new Map();
    let kernelRelease: string | undefined;

    const ofDevice = (device: WatchedDevice): readonly KnownIssue[] => {
      if (listed !== config.knownIssues) {
        listed = config.knownIssues;
        // What must be on is a policy and no risk.
        issuesOf = issuesByDriver(listed.filter(({ required }) => required !== 'on'));
      }
      return withSelectors(
        issuesOf.get(device.lastDriverInfo()?.driver ?? device.driver ?? ''),
        device,
      );
    };

    const readDevice = (
      device: WatchedDevice,
      { attempt, driverInfo }: Poll,
    ): readonly Finding[] => {
      const issues = ofDevice(device);
      const facts = {
        firmwareVersion: driverInfo(device)?.firmwareVersion,
        kernelRelease,
        features: needsFeatures(issues)
          ? attempt({ device, read: 'features' }, device.features)
          : undefined,
      };
      return issues.map((issue) => ({ device, issue, exposure: exposureTo(issue, facts) }));
    };

    return {
      needs: (device) => (needsFeatures(ofDevice(device)) ? featureReads : noReads),
      collect: async (poll) => {
        kernelRelease ??= await poll.attemptLater({ device: undefined, read: 'procfs' }, async () =>
          (await poll.readFile('/proc/sys/kernel/osrelease')).trim(),
        );
        return [
          knownIssue.family(
            poll.devices.flatMap((device) => readDevice(device, poll)).flatMap(sampleOf),
          ),
        ];
      },
    };
  },
};

function withSelectors(
  issues: readonly KnownIssue[] = noIssues,
  device: Device,
): readonly KnownIssue[] {
  return issues.some((issue) => issue.device ?? issue.bus)
    ? issues.filter((issue) => isSelected(issue, device))
    : issues;
}

interface Finding {
  readonly device: Device;
  readonly issue: KnownIssue;
  readonly exposure: Exposure;
}

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

/** What nobody can tell is no sample. */
function sampleOf({ device, issue, exposure }: Finding) {
  return exposure === 'unknown'
    ? []
    : [
        {
          labels: { device: device.name, issue: issue.id, severity: issue.severity },
          value: Number(exposure === 'exposed'),
        },
      ];
}
