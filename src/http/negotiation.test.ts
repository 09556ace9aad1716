import { describe, expect, test } from 'vitest';

import { expositionFormat } from './negotiation.ts';

/** What Prometheus 2.42 and 3.5 send. */
const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

describe('expositionFormat()', () => {
  test.each([
    prometheus2,
    prometheus3,
    'application/openmetrics-text',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
    'APPLICATION/OpenMetrics-Text;Version="1.0.0"',
    'application/openmetrics-text;escaping=underscores',
    'text/plain;q=0.2, application/openmetrics-text;q=0.3',
    'application/openmetrics-text;version=1.0.0, */*',
    'text/plain;q=0, application/openmetrics-text',
  ])('is OpenMetrics for "accept: %s"', (accept) => {
    expect(expositionFormat({ accept })).toBe('openMetrics');
  });

  test.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'text/plain',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1',
    'text/plain;version=1.0.0;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1',
    'text/plain, application/openmetrics-text',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;version=0.0.1',
    'application/openmetrics-text;version=2.0.0, text/plain;q=0.1',
    'application/openmetrics-text;exemplars=yes',
    'application/openmetrics-text;q=high',
    'application/openmetrics',
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
    'image/png',
    'openmetrics-text',
    ';;q=,,"',
    'text/plain;="',
  ])('is text for "accept: %s"', (accept) => {
    expect(expositionFormat({ accept })).toBe('text');
  });
});
