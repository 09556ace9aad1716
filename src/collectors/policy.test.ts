import { describe, expect, test } from 'vitest';

import type { DeviceIdentity } from '../model/declaration.ts';
import type { Feature } from '../model/device.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { policyVerdicts } from './policy.ts';

const device: DeviceIdentity = {
  name: 'eno1',
  kernelName: undefined,
  macAddress: undefined,
  permanentMacAddress: undefined,
  driver: 'i40e',
  busAddress: '0000:01:00.0',
  interfaceIndex: 2,
  type: 'ether',
  master: undefined,
  features: ['tx-tcp-segmentation', 'tx-tcp6-segmentation'],
};
const features: readonly Feature[] = [
  { name: 'tcp-segmentation-offload', enabled: true, requested: true, fixed: false },
  { name: 'tx-tcp-segmentation', enabled: false, requested: false, fixed: false },
  { name: 'tx-tcp6-segmentation', enabled: true, requested: true, fixed: false },
];
const policy: KnownIssue = {
  id: 'no-tso',
  drivers: ['i40e'],
  firmware: { from: '8.30', below: '8.40' },
  kernel: undefined,
  features: ['tcp-segmentation-offload'],
  required: 'off',
  severity: 'critical',
  symptom: 'x',
  mitigation: 'x',
  sources: [],
};
const facts = { device, features, firmwareVersion: '8.30 0x8000a49d', kernelRelease: '6.8.0' };

describe('policyVerdicts()', () => {
  test('judges each member of a group', () => {
    expect(policyVerdicts([policy], facts)).toEqual([
      { policy, feature: 'tx-tcp-segmentation', isViolated: false },
      { policy, feature: 'tx-tcp6-segmentation', isViolated: true },
    ]);
  });

  test('reports a feature that must be on and is off', () => {
    const verdicts = policyVerdicts([{ ...policy, required: 'on' }], facts);
    expect(verdicts.map(({ isViolated }) => isViolated)).toEqual([true, false]);
  });

  test.each([
    ['another driver', { drivers: ['ice'] }, {}],
    ['another device', { device: /^(?:ens.*)$/ }, {}],
    ['another place', { bus: /^(?:0000:02:.*)$/ }, {}],
    ['a later firmware', {}, { firmwareVersion: '8.40' }],
    ['a firmware nobody can compare', {}, { firmwareVersion: '0x8000a49d' }],
    [
      'a kernel nobody could read',
      { kernel: { from: '6.1', below: undefined } },
      { kernelRelease: undefined },
    ],
    ['features nobody could read', {}, { features: undefined }],
  ])('says nothing of %s', (_, changed, read) => {
    expect(policyVerdicts([{ ...policy, ...changed }], { ...facts, ...read })).toEqual([]);
  });

  test('ignores an issue without a required state', () => {
    const { required: _, ...issue } = policy;
    expect(policyVerdicts([issue], facts)).toEqual([]);
  });
});
