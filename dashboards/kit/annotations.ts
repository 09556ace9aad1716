import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { datasource } from './panels.ts';
import { perDevice, perNode } from '../promql/findings.ts';
import type { Scope } from '../promql/findings.ts';

interface AnnotationOptions {
  readonly name: string;
  readonly color: string;
  readonly expr: string;
  readonly title: string;
  readonly tags: string;
  /** The series' value is when it happened, in milliseconds since the epoch: also true of what nobody scraped. */
  readonly valueIsTime?: boolean;
}

export const alertNames = 'NIC.+|CrossNode.+';

/** Alerts of nicwatch while they fire. */
export function alertAnnotation(scope: string): dashboard.AnnotationQueryBuilder {
  return annotation({
    name: 'Alerts',
    color: 'red',
    expr: `ALERTS{alertstate="firing",alertname=~"${alertNames}",${scope}}`,
    title: '{{alertname}}',
    tags: 'node,device,severity',
  });
}

export function eventAnnotation(
  { device }: Scope,
  events: string,
): dashboard.AnnotationQueryBuilder {
  return annotation({
    name: 'Kernel events',
    color: 'orange',
    expr: `1000 * max by (${perDevice}, event) (nic_kernel_event_last_timestamp_seconds{${device},event=~"${events}"})`,
    title: '{{event}}',
    tags: 'node,device',
    valueIsTime: true,
  });
}

export function bootAnnotation({ node }: Scope): dashboard.AnnotationQueryBuilder {
  return annotation({
    name: 'Boots',
    color: 'blue',
    expr: `1000 * max by (${perNode}) (nic_boot_timestamp_seconds{${node}})`,
    title: 'booted',
    tags: 'node',
    valueIsTime: true,
  });
}

export function flagAnnotation({ device }: Scope): dashboard.AnnotationQueryBuilder {
  return annotation({
    name: 'Offload flags',
    color: 'purple',
    expr: `max by (${perDevice}, feature) (changes(nic_offload_enabled{${device}}[$__rate_interval])) > 0`,
    title: '{{feature}} switched',
    tags: 'node,device',
  });
}

function annotation({
  name,
  color,
  expr,
  title,
  tags,
  valueIsTime = false,
}: AnnotationOptions): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step('60s')
    .titleFormat(title)
    .tagKeys(tags)
    .useValueForTime(valueIsTime);
}
