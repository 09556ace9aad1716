import { curatedOffloadFeatures } from '../catalogue/offload-names.ts';
import { createDescriptorBudget, readDescriptorLimit } from '../host/descriptors.ts';
import { openDrivers } from '../host/drivers.ts';
import type { Host } from '../host/host.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import type { Feature } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import type { ProbeDevice } from '../model/probe-report.ts';

const noState: Host['state'] = {
  claim: async () => {},
  read: async () => undefined,
  write: async () => {},
  setAside: async () => {},
};

/** The NICs of this network namespace, with their active offload features; none in a pod, where they are not visible. */
export async function readProbeDevices(signal: AbortSignal): Promise<readonly ProbeDevice[]> {
  const drivers = await openDrivers('auto', { signal });
  const host = createLinuxHost(
    { paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' } },
    { ...drivers, descriptors: createDescriptorBudget(readDescriptorLimit()), state: noState },
  );
  return Promise.all(
    host
      .devices()
      .filter(({ kind }) => kind === 'physical')
      .map(async (device) => ({
        name: device.name,
        ...(device.driver === undefined ? {} : { driver: device.driver }),
        features: (await featuresOf(device))
          .filter(
            ({ name, enabled, fixed }) => enabled && !fixed && curatedOffloadFeatures.has(name),
          )
          .map(({ name }) => name),
      })),
  );
}

async function featuresOf(
  device: ReturnType<Host['devices']>[number],
): Promise<readonly Feature[]> {
  try {
    return await device.features();
  } catch (error) {
    if (error instanceof SourceError) {
      return [];
    }
    throw error;
  }
}
