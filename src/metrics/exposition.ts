import Registry from 'prom-client/lib/registry.js';

import type { MetricFamily } from './metric.ts';

/** Text format 0.0.4 of Prometheus, or OpenMetrics 1.0.0. */
export type ExpositionFormat = 'text' | 'openMetrics';

/** Content type of each format. */
export const expositionContentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/**
 * Renders families in UTF-8, in the order given; as text by default. Families without samples are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export type RenderExposition = (
  families: readonly MetricFamily[],
  format?: ExpositionFormat,
) => Promise<Buffer>;

/** Creates a renderer that caches the text of each family object; both formats share its samples. */
export function createExpositionRenderer(): RenderExposition {
  // Buffers: as strings, the text of many devices would cost a garbage collection every few scrapes.
  const rendered = new WeakMap<MetricFamily, RenderedFamily>();
  return async (families, format = 'text') => {
    const texts: Buffer[] = [];
    for (const family of families) {
      if (family.samples.length > 0) {
        let own = rendered.get(family);
        if (own === undefined) {
          own = await renderFamily(family);
          rendered.set(family, own);
        }
        texts.push(own.heads[format], own.samples, separators[format]);
      }
    }
    texts.pop();
    return Buffer.concat([...texts, ends[format]]);
  };
}

interface RenderedFamily {
  /** The lines HELP and TYPE. */
  readonly heads: Readonly<Record<ExpositionFormat, Buffer>>;
  readonly samples: Buffer;
}

const separators = { text: Buffer.from('\n'), openMetrics: Buffer.from('') };
const ends = { text: Buffer.from(''), openMetrics: Buffer.from('# EOF\n') };

async function renderFamily(family: MetricFamily): Promise<RenderedFamily> {
  const { name, help, type, samples } = family;
  const registry = new Registry();
  registry.registerMetric({ name, get: async () => ({ name, help, type, values: samples }) });
  const text = Buffer.from(await registry.metrics());
  const headLength = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
  return {
    heads: { text: text.subarray(0, headLength), openMetrics: openMetricsHead(family) },
    samples: text.subarray(headLength),
  };
}

/** There a counter is named without its suffix, and quotes in the help are escaped. */
function openMetricsHead({ name, help, type }: MetricFamily): Buffer {
  const familyName = type === 'counter' ? name.replace(/_total$/, '') : name;
  const escaped = help.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`);
  return Buffer.from(`# HELP ${familyName} ${escaped}\n# TYPE ${familyName} ${type}\n`);
}
