import { Registry } from 'prom-client';

import type { MetricFamily } from './metric.ts';

declare module 'prom-client' {
  // Registration asks for no more than this; the published type names the library's own four classes.
  interface Registry<BoundRegistryContentType extends RegistryContentType = PrometheusContentType> {
    registerMetric(metric: { readonly name: string; get(): Promise<object> }): void;
  }
}

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
  const renderParts = createPartsRenderer();
  return async (families) => (await renderParts(families)).join('');
}

/** Makes a renderer that leaves the text in parts, most of which are those of the exposition before. */
export function createPartsRenderer(): (
  families: readonly MetricFamily[],
) => Promise<readonly string[]> {
  const rendered = new WeakMap<MetricFamily, string>();
  return async (families) => {
    const parts: string[] = [];
    for (const family of families) {
      if (family.samples.length > 0) {
        const text = rendered.get(family) ?? (await renderFamily(family));
        rendered.set(family, text);
        parts.push(...(parts.length > 0 ? ['\n'] : []), text);
      }
    }
    return parts;
  };
}

async function renderFamily({ name, help, type, samples }: MetricFamily): Promise<string> {
  const registry = new Registry();
  registry.registerMetric({ name, get: async () => ({ name, help, type, values: samples }) });
  return registry.metrics();
}
