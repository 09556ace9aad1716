import Registry from 'prom-client/lib/registry.js';

import type { MetricFamily } from './metric.ts';

/** Content type of what is rendered. */
export const expositionContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * Renders families as Prometheus text format 0.0.4, in the order given. Families without samples are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export type RenderExposition = (families: readonly MetricFamily[]) => Promise<string>;

/** Makes a renderer. A family that is the same object as before is not rendered again. */
export function createExpositionRenderer(): RenderExposition {
  const rendered = new WeakMap<MetricFamily, string>();
  return async (families) => {
    const texts: string[] = [];
    for (const family of families) {
      if (family.samples.length > 0) {
        const text = rendered.get(family) ?? (await renderFamily(family));
        rendered.set(family, text);
        texts.push(text);
      }
    }
    return texts.join('\n');
  };
}

async function renderFamily({ name, help, type, samples }: MetricFamily): Promise<string> {
  const registry = new Registry();
  registry.registerMetric({ name, get: async () => ({ name, help, type, values: samples }) });
  return registry.metrics();
}
