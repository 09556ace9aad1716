import { Registry } from 'prom-client';

import type { MetricFamily } from './metric.ts';

declare module 'prom-client' {
  // Registration asks for no more than this; the published type names the library's own four classes.
  interface Registry<BoundRegistryContentType extends RegistryContentType = PrometheusContentType> {
    registerMetric(metric: { readonly name: string; get(): Promise<object> }): void;
  }
}

/** Content type of what {@link renderExposition} returns. */
export const expositionContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * Renders families as Prometheus text format 0.0.4, in the order given. Families without samples are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export async function renderExposition(families: readonly MetricFamily[]): Promise<string> {
  const registry = new Registry();
  for (const { name, help, type, samples } of families) {
    if (samples.length > 0) {
      registry.registerMetric({ name, get: async () => ({ name, help, type, values: samples }) });
    }
  }
  return registry.metrics();
}
