import type { Device } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { gauge } from '../metrics/metric.ts';
import { createAttempt } from './attempt.ts';
import type { CollectorDefinition } from './collector.ts';
import { createDriverInfoMemory } from './driver-info.ts';
import { exposureTo } from './exposure.ts';
import type { Exposure } from './exposure.ts';
import { createWatchedDevices } from './watched-devices.ts';

const knownIssue = gauge({
  name: 'nic_known_issue',
  help: 'Whether the device is exposed to an issue reported of its driver: 1 where firmware, kernel and offload features are such, 0 where one of them is not. A risk, no verdict. Source: ethtool -i and -k, the catalogue of known issues.',
  labels: ['device', 'issue', 'severity'],
});

/** Known-bad combinations of driver, firmware, kernel and offload features. */
export const knownIssueCollector: CollectorDefinition = {
  name: 'known-issue',
  description: 'Known issues each device is exposed to.',
  metrics: [knownIssue],
  create: ({ host, config, report }) => {
    const attempt = createAttempt(report);
    const watchedDevices = createWatchedDevices(host, config);
    const driverInfos = createDriverInfoMemory({ host, attempt, report });
    const issuesOf = issuesByDriver(config.knownIssues);
    let kernelRelease: string | undefined;

    const readDevice = async (device: Device): Promise<readonly Finding[]> => {
      const driverInfo = driverInfos.recent(device) ?? (await driverInfos.read(device));
      const driver = driverInfo?.driver ?? device.driver ?? '';
      const issues = issuesOf.get(driver);
      if (issues === undefined) {
        return [];
      }
      const features = issues.some((issue) => issue.features.length > 0)
        ? await attempt({ device: device.name, read: 'features' }, async () =>
            host.ethtool.features(device.name),
          )
        : undefined;
      const facts = {
        firmwareVersion: driverInfo?.firmwareVersion,
        kernelRelease,
        features,
      };
      return issues.map((issue) => ({ device, issue, exposure: exposureTo(issue, facts) }));
    };

    return {
      collect: async () => {
        kernelRelease ??= await attempt({ device: undefined, read: 'procfs' }, async () =>
          (await host.readFile('/proc/sys/kernel/osrelease')).trim(),
        );
        const devices = await watchedDevices();
        driverInfos.keep(devices);
        const findings = (await Promise.all(devices.map(readDevice))).flat();
        return [knownIssue.family(findings.flatMap(sampleOf))];
      },
    };
  },
};

interface Finding {
  readonly device: Device;
  readonly issue: KnownIssue;
  readonly exposure: Exposure;
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
