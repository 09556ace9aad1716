import { freePort } from './agent-process.ts';
import { startAlertmanager } from './alertmanager-process.ts';
import type { AlertmanagerProcess } from './alertmanager-process.ts';
import { startPrometheus } from './prometheus-process.ts';
import type { PrometheusProcess } from './prometheus-process.ts';
import { readAlertFile } from './rules.ts';
import { startWebhook } from './webhook.ts';
import type { Webhook } from './webhook.ts';

/** Prometheus and Alertmanager, running, with the rules and the example as they are shipped, and a webhook in place of all receivers. */
export interface Alerting {
  readonly prometheus: PrometheusProcess;
  readonly alertmanager: AlertmanagerProcess;
  readonly webhook: Webhook;
  stop(): Promise<void>;
}

export interface AlertingOptions {
  /** A value of `scrape_configs`. */
  readonly scrapeConfigs: string;
  /** With minutes for hours, seconds for minutes, and an Alertmanager that waits for nothing. */
  readonly isHasty?: boolean;
}

/** Starts them. */
export async function startAlerting({
  scrapeConfigs,
  isHasty = false,
}: AlertingOptions): Promise<Alerting> {
  const webhook = await startWebhook(await freePort());
  const receivers = readAlertFile('alertmanager.example.yaml').replaceAll(
    /https:\/\/(pager|tickets)\.example/g,
    `${webhook.url}/$1`,
  );
  const alertmanager = await startAlertmanager(isHasty ? hastenAlertmanager(receivers) : receivers);
  const rules = readAlertFile('nicwatch.rules.yaml');
  const interval = isHasty ? '1s' : '15s';
  const prometheus = await startPrometheus({
    files: { 'nicwatch.rules.yaml': isHasty ? hastenRules(rules) : rules },
    configuration: `global: { scrape_interval: ${interval}, evaluation_interval: ${interval} }
rule_files: [nicwatch.rules.yaml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['${alertmanager.address}'] }] }] }
scrape_configs:
${scrapeConfigs}`,
  });
  return {
    prometheus,
    alertmanager,
    webhook,
    stop: async () => {
      await prometheus.stop();
      await alertmanager.stop();
      await webhook.close();
    },
  };
}

function hastenRules(text: string): string {
  return text
    .replaceAll(/\b(\d+)m\b/g, '$1s')
    .replaceAll(/\b(\d+)h\b/g, '$1m')
    .replaceAll(/ (300|900|604800)$/gm, (_, seconds: string) => ` ${Number(seconds) / 60}`);
}

function hastenAlertmanager(text: string): string {
  return text
    .replaceAll(/group_wait: \d+s/g, 'group_wait: 200ms')
    .replaceAll(/group_interval: \w+/g, 'group_interval: 500ms');
}
