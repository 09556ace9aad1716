import { describe, expect, test } from 'vitest';

import { knownIssues } from '../catalogue/known-issues.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { exposureTo } from './exposure.ts';
import type { Exposure, ExposureFacts } from './exposure.ts';

const issue: KnownIssue = {
  id: 'x',
  drivers: ['i40e'],
  firmware: { from: '8.00', below: '8.50' },
  kernel: { from: undefined, below: '5.7' },
  features: ['tx-udp_tnl-csum-segmentation', 'tx-gso-partial'],
  severity: 'critical',
  symptom: 'x',
  mitigation: 'x',
  sources: [],
};
const bad: ExposureFacts = {
  firmwareVersion: '8.30 0x8000a49d 1.2926.0',
  kernelRelease: '5.4.0-91-generic',
  features: featuresOf({ 'tx-udp_tnl-csum-segmentation': true, 'tx-gso-partial': false }),
};

describe('exposureTo()', () => {
  test.each<{ what: string; facts: Partial<ExposureFacts>; exposure: Exposure }>([
    { what: 'everything is such', facts: {}, exposure: 'exposed' },
    { what: 'the firmware is older', facts: { firmwareVersion: '7.30' }, exposure: 'mitigated' },
    { what: 'the firmware is the first', facts: { firmwareVersion: '8.0' }, exposure: 'exposed' },
    { what: 'the firmware is mended', facts: { firmwareVersion: '8.50 x' }, exposure: 'mitigated' },
    { what: 'the kernel is mended', facts: { kernelRelease: '5.7.0-rc1' }, exposure: 'mitigated' },
    {
      what: 'the features are off',
      facts: { features: featuresOf({ 'tx-udp_tnl-csum-segmentation': false }) },
      exposure: 'mitigated',
    },
    {
      what: 'the firmware is not known',
      facts: { firmwareVersion: undefined },
      exposure: 'unknown',
    },
    { what: 'the firmware has no order', facts: { firmwareVersion: '0x8a' }, exposure: 'unknown' },
    { what: 'the kernel is not known', facts: { kernelRelease: undefined }, exposure: 'unknown' },
    { what: 'the features are not known', facts: { features: undefined }, exposure: 'unknown' },
    {
      what: 'the device has none of the features',
      facts: { features: featuresOf({ 'rx-checksumming': true }) },
      exposure: 'unknown',
    },
    {
      what: 'one thing is safe and another not known',
      facts: { kernelRelease: '6.1.0', features: undefined, firmwareVersion: undefined },
      exposure: 'mitigated',
    },
  ])('is $exposure where $what', ({ facts, exposure }) => {
    expect(exposureTo(issue, { ...bad, ...facts })).toBe(exposure);
  });

  test('ignores unknown versions if the issue has no range of them', () => {
    const open: KnownIssue = { ...issue, firmware: undefined, kernel: undefined };
    const facts = { ...bad, firmwareVersion: undefined, kernelRelease: undefined };
    expect(exposureTo(open, facts)).toBe('exposed');
  });

  test('ignores features if the issue has none', () => {
    const facts = { ...bad, features: undefined };
    expect(exposureTo({ ...issue, features: [] }, facts)).toBe('exposed');
  });
});

describe('the three incidents', () => {
  const facts = { firmwareVersion: '2.1-0', kernelRelease: '6.8.12-4-pve' };

  test.each([
    [{ 'tcp-segmentation-offload': true, 'generic-segmentation-offload': true }, 'exposed'],
    [{ 'tcp-segmentation-offload': false, 'generic-segmentation-offload': true }, 'exposed'],
    [{ 'tcp-segmentation-offload': false, 'generic-segmentation-offload': false }, 'mitigated'],
  ])('a hang of e1000e: with %j it is %s', (features, exposure) => {
    expect(exposureOf('e1000e-tx-hang-tso', { ...facts, features: featuresOf(features) })).toBe(
      exposure,
    );
  });

  test.each([
    ['8.30 0x8000af86 1.2926.0', true, 'exposed', 'mitigated'],
    ['8.30 0x8000af86 1.2926.0', false, 'mitigated', 'mitigated'],
    ['8.40 0x8000b0a1 1.3082.0', true, 'mitigated', 'mitigated'],
    ['9.20 0x8000d95e 1.3353.0', true, 'mitigated', 'mitigated'],
    // The reports do not mention these.
    ['7.10 0x80006474 1.2527.0', true, 'mitigated', 'exposed'],
    ['7.10 0x80006474 1.2527.0', false, 'mitigated', 'mitigated'],
  ])(
    'VXLAN checksums of i40e: firmware %s with the offload %j is %s, and as unknown %s',
    (firmwareVersion, isOn, known, unknown) => {
      const features = featuresOf({ 'tx-udp_tnl-csum-segmentation': isOn });
      expect(exposureOf('i40e-vxlan-csum', { ...facts, firmwareVersion, features })).toBe(known);
      expect(exposureOf('i40e-vxlan-csum-unknown', { ...facts, firmwareVersion, features })).toBe(
        unknown,
      );
    },
  );

  test('a dead loop of ipvlan is informational', () => {
    expect(knownIssues.find(({ id }) => id === 'ipvlan-dead-loop')?.severity).toBe('info');
  });
});

test('an issue of some RHEL kernels ends with the fixed one', () => {
  const facts = { firmwareVersion: undefined, features: undefined };
  const exposures = ['3.10.0-693.el7', '3.10.0-862.el7.x86_64', '3.10.0-1062.el7.x86_64'].map(
    (kernelRelease) => exposureOf('hv-netvsc-tx-stuck', { ...facts, kernelRelease }),
  );
  expect(exposures).toEqual(['mitigated', 'exposed', 'mitigated']);
});

function exposureOf(id: string, facts: ExposureFacts): Exposure | undefined {
  const found = knownIssues.find((known) => known.id === id);
  return found && exposureTo(found, facts);
}

function featuresOf(states: Readonly<Record<string, boolean>>) {
  return Object.entries(states).map(([name, enabled]) => ({
    name,
    enabled,
    requested: enabled,
    fixed: false,
  }));
}
