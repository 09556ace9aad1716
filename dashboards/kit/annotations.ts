import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { datasource } from './panels.ts';
import { perDevice, perNode } from '../promql/findings.ts';
import type { Scope } from '../promql/findings.ts';

interface AnnotationOptions {
  readonly name: string;
  readonly color: string;
  /** Start of the problem, in milliseconds since the epoch: constant while it lasts, hence one line. */
  readonly expr: string;
  readonly title: string;
  readonly tags: string;
  /** Whether it is enabled by default. */
  readonly isShown?: boolean;
}

/** The alerts of nicwatch. */
export const alertNames = 'NIC.+|CrossNode.+';

/** Start of critical problems: one line per node and incident. */
export function incidentAnnotation({ node }: Scope): dashboard.AnnotationQueryBuilder {
  return startAnnotation({
    name: 'Incidents',
    color: 'red',
    expr: `1000 * max by (${perNode}) (node:nic_incident:since_timestamp_seconds{${node}})`,
    title: 'trouble began on {{node}}',
    tags: 'node',
  });
}

/** Start of the alerts of a node: one line per node, for any number of alerts. */
export function alertAnnotation(scope: string): dashboard.AnnotationQueryBuilder {
  const alerts = `alertname=~"${alertNames}",${scope}`;
  return startAnnotation({
    name: 'Alerts',
    color: 'orange',
    expr: `1000 * min by (${perNode}) (ALERTS_FOR_STATE{${alerts}} and ignoring (alertstate) ALERTS{alertstate="firing",${alerts}})`,
    title: 'alerts began on {{node}}',
    tags: 'node',
    isShown: false,
  });
}

export function bootAnnotation({ node }: Scope): dashboard.AnnotationQueryBuilder {
  return startAnnotation({
    name: 'Boots',
    color: 'blue',
    expr: `1000 * max by (${perNode}) (nic_boot_timestamp_seconds{${node}})`,
    title: '{{node}} booted',
    tags: 'node',
  });
}

/** Flags that differ from the previous step: at one step only, hence also a line. */
export function flagAnnotation({ device }: Scope): dashboard.AnnotationQueryBuilder {
  const flags = `nic_offload_enabled{${device}}`;
  return startAnnotation({
    name: 'Offload flags',
    color: 'purple',
    expr: `1000 * max by (${perDevice}) (timestamp(${flags} != ${flags} offset $__interval))`,
    title: 'flags of {{device}} switched',
    tags: 'node,device',
  });
}

function startAnnotation({
  name,
  color,
  expr,
  title,
  tags,
  isShown = true,
}: AnnotationOptions): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(isShown)
    .iconColor(color)
    .expr(expr)
    .step('60s')
    .titleFormat(title)
    .tagKeys(tags)
    .useValueForTime(true);
}
