declare module 'prom-client/lib/registry.js' {
  /** Of prom-client only what renders: the rest of it loads clusters, push gateways and quantiles that nothing here uses. */
  export default class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE: string;
    /** Registration asks for no more than this, which the library's own four classes have as well. */
    registerMetric(metric: { readonly name: string; get(): Promise<object> }): void;
    metrics(): Promise<string>;
  }
}
