import Registry from 'prom-client/lib/registry.js';

import type { MetricFamily } from './metric.ts';

/** Content type of what is rendered. */
export const expositionContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * Renders families as Prometheus text format 0.0.4 in UTF-8, in the order given. Families without samples are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export type RenderExposition = (families: readonly MetricFamily[]) => Promise<Buffer>;

/** Makes a renderer. A family that is the same object as before is not rendered again. */
export function createExpositionRenderer(): RenderExposition {
  // Bytes: joined as strings, the text of many devices would take the heap of V8 a garbage collection for every few scrapes.
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
