import Registry from 'prom-client/lib/registry.js';

import type { MetricFamily } from './metric.ts';

/** Content type of the exposition. */
export const expositionContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * Renders families as Prometheus text format 0.0.4 in UTF-8, in the order given. Families without samples are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export type RenderExposition = (families: readonly MetricFamily[]) => Promise<Buffer>;

/** Creates a renderer that caches the text of each family object. */
export function createExpositionRenderer(): RenderExposition {
  // Buffers: as strings, the text of many devices would cost a garbage collection every few scrapes.
  const rendered = new WeakMap<MetricFamily, Buffer>();
  return async (families) => {
    const texts: Buffer[] = [];
    for (const family of families) {
      if (family.samples.length > 0) {
        let text = rendered.get(family);
        if (text === undefined) {
          text = Buffer.from(await renderFamily(family));
          rendered.set(family, text);
        }
        texts.push(text, newline);
      }
    }
    return Buffer.concat(texts.slice(0, -1));
  };
}

const newline = Buffer.from('\n');

async function renderFamily({ name, help, type, samples }: MetricFamily): Promise<string> {
  const registry = new Registry();
  registry.registerMetric({ name, get: async () => ({ name, help, type, values: samples }) });
  return registry.metrics();
}
