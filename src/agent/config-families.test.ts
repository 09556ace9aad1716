import { describe, expect, test } from 'vitest';

import { createConfigFamilies } from './config-families.ts';
import type { ConfigFile } from './config-families.ts';

/** A configuration file with this status. */
function file(isUpToDate: boolean, lastReadSeconds: number): ConfigFile {
  return {
    reload: async () => {},
    isUpToDate: () => isUpToDate,
    lastReadSeconds: () => lastReadSeconds,
  };
}

describe('createConfigFamilies()', () => {
  test.each([
    { files: [], exported: [] },
    { files: [file(true, 7), file(true, 9), file(true, 8)], exported: [1, 9] },
    { files: [file(true, 9), file(false, 7)], exported: [0, 9] },
  ])('exports $exported', ({ files, exported }) => {
    const values = createConfigFamilies(files)().map(({ name, samples }) => [
      name,
      samples[0]?.value,
    ]);
    const names = [
      'nicwatch_config_last_reload_successful',
      'nicwatch_config_last_reload_success_timestamp_seconds',
    ];
    expect(values).toEqual(exported.map((value, index) => [names[index], value]));
  });

  test('returns the same array until the status changes', () => {
    let seconds = 7;
    const families = createConfigFamilies([{ ...file(true, 0), lastReadSeconds: () => seconds }]);
    const first = families();
    expect(families()).toBe(first);
    seconds = 8;
    expect(families()[1]?.samples).toEqual([{ labels: {}, value: 8 }]);
  });
});
