import type { Device } from '../model/device.ts';
import type { Sample } from '../metrics/metric.ts';

/** One sample a device, for the devices that have the value. */
export function deviceSamples<Reading extends { readonly device: Device }>(
  readings: readonly Reading[],
  value: (reading: Reading) => number | undefined,
): readonly Sample<'device'>[] {
  const samples: Sample<'device'>[] = [];
  readings.forEach((reading) => {
    const number = value(reading);
    if (number !== undefined) {
      samples.push({ labels: { device: reading.device.name }, value: number });
    }
  });
  return samples;
}
