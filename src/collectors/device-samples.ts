import type { Device } from '../model/device.ts';
import type { Sample } from '../metrics/metric.ts';

/** One sample a device, for the devices that have the value. */
export function deviceSamples<Reading extends { readonly device: Device }>(
  readings: readonly Reading[],
  value: (reading: Reading) => number | undefined,
): readonly Sample<'device'>[] {
  return readings.flatMap((reading) => {
    const number = value(reading);
    return number === undefined ? [] : [{ labels: { device: reading.device.name }, value: number }];
  });
}
