import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

import { curatedOffloadFeatures } from '../catalogue/offload-names.ts';
import { createDescriptorBudget, readDescriptorLimit } from '../host/descriptors.ts';
import { openDrivers } from '../host/drivers.ts';
import type { NetworkDevice } from '../host/host.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import { noState } from '../host/state-file.ts';
import type { Feature } from '../model/device.ts';
import { assertSourceError } from '../model/errors.ts';
import type { ProbeDevice } from '../model/probe-report.ts';

/** A driver that does not answer holds up no measurement. */
const timeoutMilliseconds = 2000;

/** The NICs of this network namespace, with their active offload features; none in a pod, where they are not visible. */
export async function readProbeDevices(signal: AbortSignal): Promise<readonly ProbeDevice[]> {
  const drivers = await openDrivers('auto', { signal });
  process.prependOnceListener('exit', (status) => drivers.exit?.(status));
  const host = createLinuxHost(
    { paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' } },
    {
      ...drivers,
      descriptors: createDescriptorBudget(readDescriptorLimit()),
      state: noState,
      offloadState: noState,
    },
  );
  try {
    const physical = host.devices().filter(({ kind }) => kind === 'physical');
    return await Promise.all(
      physical.map(async (device) => ({
        name: device.name,
        ...(device.driver === undefined ? {} : { driver: device.driver }),
        features: (await featuresOf(device))
          .filter(
            ({ name, enabled, fixed }) => enabled && !fixed && curatedOffloadFeatures.has(name),
          )
          .map(({ name }) => name),
      })),
    );
  } catch (error) {
    assertSourceError(error);
    return [];
  }
}

async function featuresOf(device: NetworkDevice): Promise<readonly Feature[]> {
  try {
    return await Promise.race([
      device.features(),
      setTimeout(timeoutMilliseconds, [], { ref: false }),
    ]);
  } catch (error) {
    assertSourceError(error);
    return [];
  }
}
