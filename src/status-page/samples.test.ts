import { expect, test } from 'vitest';

import { gauge } from '../metrics/metric.ts';
import { byDevice, samplesOf, valueOf } from './samples.ts';

const linkUp = gauge({ name: 'nic_link_up', help: 'Link.', labels: ['device'] });
const reads = gauge({ name: 'nic_read', help: 'Reads.', labels: ['device', 'read'] });
const errors = gauge({ name: 'nic_errors', help: 'Errors.', labels: ['protocol'] });

const families = [
  linkUp.family([{ labels: { device: 'eth0' }, value: 1 }]),
  reads.family([
    { labels: { device: 'eth0', read: 'features' }, value: 0 },
    { labels: { device: 'eth1', read: 'features' }, value: 1 },
    { labels: { device: 'eth1', read: 'statistics' }, value: 2 },
  ]),
];

test('samplesOf() finds the samples of a metric, none of one that was not collected', () => {
  expect(samplesOf(families, linkUp).map(({ labels }) => labels.device)).toEqual(['eth0']);
  expect(samplesOf(families, errors)).toEqual([]);
});

test('samplesOf() types samples with the labels of their metric and no others', () => {
  const [sample] = samplesOf(families, linkUp);
  // @ts-expect-error -- The metric has no such label.
  expect(sample?.labels.read).toBe(undefined);
});

test('valueOf() finds the value of the sample with all the labels', () => {
  const samples = samplesOf(families, reads);
  expect(valueOf(samples, { device: 'eth1', read: 'statistics' })).toBe(2);
  expect(valueOf(samples, { device: 'eth0', read: 'statistics' })).toBe(undefined);
});

test('valueOf() accepts the labels of the metric and no others', () => {
  const samples = samplesOf(families, reads);
  // @ts-expect-error -- The metric names it read.
  expect(valueOf(samples, { device: 'eth1', reading: 'statistics' })).toBe(undefined);
});

test('byDevice() groups samples by their device, in their order', () => {
  const groups = byDevice(samplesOf(families, reads));
  expect([...groups.keys()]).toEqual(['eth0', 'eth1']);
  expect(groups.get('eth1')?.map(({ value }) => value)).toEqual([1, 2]);
});

test('byDevice() takes only samples that name a device', () => {
  // @ts-expect-error -- The metric has no label device.
  expect(byDevice(samplesOf(families, errors)).size).toBe(0);
});
