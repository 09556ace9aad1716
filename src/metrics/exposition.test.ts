import { describe, expect, test } from 'vitest';

import { createExpositionRenderer, expositionContentTypes } from './exposition.ts';
import { counter, gauge } from './metric.ts';
import type { MetricFamily } from './metric.ts';

const info = gauge({
  name: 'nic_device_info',
  help: 'Identity of the device.',
  labels: ['device', 'driver'],
});
const events = counter({
  name: 'nic_events_total',
  help: 'Events.',
  labels: ['device'],
});
const ready = gauge({ name: 'nicwatch_ready', help: 'Whether it is ready.' });

const commentPattern = /^# (?:HELP [a-zA-Z_]\w* .+|TYPE [a-zA-Z_]\w* (?:counter|gauge))$/;
const samplePattern =
  /^[a-zA-Z_]\w*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?=[^}])|(?=\})))+\})? (?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/i;

async function render(families: readonly MetricFamily[]): Promise<string> {
  return (await createExpositionRenderer()(families)).toString();
}

describe('renderExposition', () => {
  test('createExpositionRenderer() writes families and samples in the order given', async () => {
    const text = await render([
      info.family([
        { labels: { device: 'eno1', driver: 'e1000e' }, value: 1 },
        { labels: { device: 'ens192', driver: 'vmxnet3' }, value: 1 },
      ]),
      ready.family([{ labels: {}, value: 0 }]),
      events.family([{ labels: { device: 'eno1' }, value: 12 }]),
    ]);
    expect(text.split('\n')).toEqual([
      '# HELP nic_device_info Identity of the device.',
      '# TYPE nic_device_info gauge',
      'nic_device_info{device="eno1",driver="e1000e"} 1',
      'nic_device_info{device="ens192",driver="vmxnet3"} 1',
      '',
      '# HELP nicwatch_ready Whether it is ready.',
      '# TYPE nicwatch_ready gauge',
      'nicwatch_ready 0',
      '',
      '# HELP nic_events_total Events.',
      '# TYPE nic_events_total counter',
      'nic_events_total{device="eno1"} 12',
      '',
    ]);
  });

  test.each([
    { what: 'a quote', device: 'a"b', written: String.raw`a\"b` },
    { what: 'a backslash', device: 'a\\b', written: String.raw`a\\b` },
    { what: 'a newline', device: 'a\nb', written: String.raw`a\nb` },
    { what: 'a backslash before an n', device: String.raw`a\nb`, written: String.raw`a\\nb` },
    { what: 'a backslash at the end', device: 'a\\', written: String.raw`a\\` },
    { what: 'braces, comma and equals sign', device: '{a="b",}', written: String.raw`{a=\"b\",}` },
    { what: 'other scripts', device: 'é€🂡\uFFFD', written: 'é€🂡\uFFFD' },
    { what: 'nothing', device: '', written: '' },
  ])('createExpositionRenderer() writes a label value with $what', async ({ device, written }) => {
    const text = await render([events.family([{ labels: { device }, value: 1 }])]);
    expect(text.split('\n').slice(2)).toEqual([`nic_events_total{device="${written}"} 1`, '']);
  });

  test.each([
    { value: 0, written: '0' },
    { value: -1, written: '-1' },
    { value: 0.25, written: '0.25' },
    { value: 1795145580, written: '1795145580' },
    { value: 9007199254740991, written: '9007199254740991' },
    { value: 2 ** 64, written: '18446744073709552000' },
    { value: 1e21, written: '1e+21' },
    { value: 1e-7, written: '1e-7' },
    { value: Number.POSITIVE_INFINITY, written: '+Inf' },
    { value: Number.NEGATIVE_INFINITY, written: '-Inf' },
  ])('createExpositionRenderer() writes the value $written', async ({ value, written }) => {
    const text = await render([ready.family([{ labels: {}, value }])]);
    expect(text.split('\n').at(2)).toBe(`nicwatch_ready ${written}`);
  });

  test('createExpositionRenderer() writes no number as NaN, in letters of either case', async () => {
    const text = await render([ready.family([{ labels: {}, value: Number.NaN }])]);
    expect(text.split('\n').at(2)).toMatch(/^nicwatch_ready nan$/i);
  });

  test('createExpositionRenderer() leaves out families without samples', async () => {
    const text = await render([
      info.family([]),
      ready.family([{ labels: {}, value: 1 }]),
      events.family([]),
    ]);
    expect(text.split('\n')).toEqual([
      '# HELP nicwatch_ready Whether it is ready.',
      '# TYPE nicwatch_ready gauge',
      'nicwatch_ready 1',
      '',
    ]);
  });

  test.each([{ families: [] }, { families: [info.family([])] }])(
    'createExpositionRenderer() writes nothing without samples',
    async ({ families }) => {
      expect((await render(families)).trim()).toBe('');
    },
  );

  test('createExpositionRenderer() escapes the help', async () => {
    const odd = gauge({ name: 'nicwatch_odd', help: 'One\ntwo \\ "three".' });
    const text = await render([odd.family([{ labels: {}, value: 1 }])]);
    expect(text.split('\n')[0]).toBe(String.raw`# HELP nicwatch_odd One\ntwo \\ "three".`);
  });

  test('createExpositionRenderer() writes lines that parse one by one', async () => {
    const values = [0, -1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY];
    const text = await render([
      info.family(
        ['a"b', 'a\\b', 'a\nb', '', '"},x{'].flatMap((device) =>
          values.map((value) => ({ labels: { device, driver: device }, value })),
        ),
      ),
      ready.family([{ labels: {}, value: 1 }]),
    ]);
    const lines = text.split('\n').filter((line) => line !== '');
    const comments = lines.filter((line) => line.startsWith('#'));
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(comments).toHaveLength(4);
    expect(samples).toHaveLength(26);
    expect(comments.filter((line) => !commentPattern.test(line))).toEqual([]);
    expect(samples.filter((line) => !samplePattern.test(line))).toEqual([]);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('createExpositionRenderer() writes OpenMetrics with the same samples', async () => {
    const odd = gauge({ name: 'nicwatch_odd', help: 'One\ntwo \\ "three".' });
    const families = [
      events.family([{ labels: { device: 'a"\n' }, value: 2 ** 64 }]),
      info.family([]),
      odd.family([{ labels: {}, value: Number.POSITIVE_INFINITY }]),
    ];
    const renderer = createExpositionRenderer();
    const text = String(await renderer(families));
    expect(String(await renderer(families, 'openMetrics')).split('\n')).toEqual([
      '# HELP nic_events Events.',
      '# TYPE nic_events counter',
      String.raw`nic_events_total{device="a\"\n"} 18446744073709552000`,
      String.raw`# HELP nicwatch_odd One\ntwo \\ \"three\".`,
      '# TYPE nicwatch_odd gauge',
      'nicwatch_odd +Inf',
      '# EOF',
      '',
    ]);
    expect(String(await renderer(families))).toBe(text);
    expect(String(await renderer([], 'openMetrics'))).toBe('# EOF\n');
  });

  test('expositionContentTypes names the version of each format', () => {
    expect(expositionContentTypes).toEqual({
      text: 'text/plain; version=0.0.4; charset=utf-8',
      openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    });
  });
});
