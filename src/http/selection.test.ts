import { describe, expect, test } from 'vitest';

import type { MetricFamily } from '../metrics/metric.ts';
import { selectedFamilies, selectionProblem } from './selection.ts';

const collectors = new Set(['device', 'offload', 'kernel_log']);

function family(name: string): MetricFamily {
  return { name, help: 'Help.', type: 'gauge', samples: [{ labels: {}, value: 1 }] };
}

const snapshot = {
  collected: new Map([
    ['device', [family('nic_device_info'), family('nic_device_up')]],
    ['offload', [family('nic_offload_enabled')]],
    ['kernel_log', [family('nic_kernel_events')]],
  ]),
  agent: [family('nicwatch_build_info')],
};

describe('selection', () => {
  test.each([
    { collect: [], exclude: [] },
    { collect: ['device'], exclude: [] },
    { collect: ['kernel_log', 'device', 'device'], exclude: [] },
    { collect: [], exclude: ['device', 'offload', 'kernel_log'] },
  ])('selectionProblem() accepts $collect without $exclude', (selection) => {
    expect(selectionProblem(selection, collectors)).toBeUndefined();
  });

  test.each([
    {
      collect: ['device'],
      exclude: ['offload'],
      problem: 'collect[] and exclude[] cannot be used together',
    },
    { collect: ['gpu'], exclude: [], problem: 'no enabled collector is named "gpu"' },
    { collect: ['device', 'gpu'], exclude: [], problem: 'no enabled collector is named "gpu"' },
    { collect: [], exclude: ['gpu'], problem: 'no enabled collector is named "gpu"' },
    { collect: [''], exclude: [], problem: 'no enabled collector is named ""' },
    { collect: ['Device'], exclude: [], problem: 'no enabled collector is named "Device"' },
    {
      collect: ['a"\n<b>'],
      exclude: [],
      problem: String.raw`no enabled collector is named "a\"\n<b>"`,
    },
    {
      collect: ['x'.repeat(65)],
      exclude: [],
      problem: `no enabled collector is named "${'x'.repeat(64)}"`,
    },
  ])('selectionProblem() rejects: $problem', ({ problem, ...selection }) => {
    expect(selectionProblem(selection, collectors)).toBe(problem);
  });

  test.each([
    {
      collect: [],
      exclude: [],
      names: [
        'nic_device_info',
        'nic_device_up',
        'nic_offload_enabled',
        'nic_kernel_events',
        'nicwatch_build_info',
      ],
    },
    {
      collect: ['kernel_log', 'device'],
      exclude: [],
      names: ['nic_device_info', 'nic_device_up', 'nic_kernel_events', 'nicwatch_build_info'],
    },
    {
      collect: [],
      exclude: ['device'],
      names: ['nic_offload_enabled', 'nic_kernel_events', 'nicwatch_build_info'],
    },
    {
      collect: [],
      exclude: ['device', 'offload', 'kernel_log'],
      names: ['nicwatch_build_info'],
    },
  ])(
    'selectedFamilies() gives what $collect without $exclude selects',
    ({ collect, exclude, names }) => {
      const families = selectedFamilies(snapshot, { collect, exclude });
      expect(families.map(({ name }) => name)).toEqual(names);
    },
  );
});
