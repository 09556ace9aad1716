declare module 'prom-client/lib/registry.js' {
  /** Only the renderer of prom-client: its index also loads clusters, push gateways and quantiles. */
  export default class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE: string;
    static readonly OPENMETRICS_CONTENT_TYPE: string;
    /** The part of a metric that registration and rendering use. */
    registerMetric(metric: { readonly name: string; get(): Promise<object> }): void;
    metrics(): Promise<string>;
  }
}
