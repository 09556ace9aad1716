/** Label matchers: of a node's own series, and of those that carry a device. */
export interface Scope {
  readonly node: string;
  readonly device: string;
}

const nodeMatchers = 'cluster=~"$cluster",node=~"$node"';

/** Matchers from the variables of a dashboard. */
export const chosen: Scope = { node: nodeMatchers, device: `${nodeMatchers},device=~"$device"` };

/** Labels that name a device; a Prometheus of one cluster only may have no label `cluster`. */
export const perNode = 'cluster, node';
export const perDevice: string = `${perNode}, device`;

/** Whether agents are scraped at all, as a number of them: what is counted is 0 then, and nothing where nobody looks. */
export function countOrBlind(expression: string, { node }: Scope): string {
  return `count(${expression}) or 0 * count(up{job="nicwatch",${node}} == 1)`;
}

/**
 * What is wrong now, of devices and nodes or of the agents themselves: since when, in milliseconds since the epoch, and
 * under the label `rank` how grave.
 */
export function problems({ node, device }: Scope, scope: 'nic' | 'agent'): string {
  const matchers = scope === 'nic' ? `${node},${deviceOrNone(device)}` : node;
  const named = `max by (${perDevice}, severity, problem) (problem:nic_findings:since_timestamp_seconds{${matchers},scope="${scope}"})`;
  return `1000 * (${ranked(named)} or ${blind(node)})`;
}

/** Severities as the label `rank`, by which a table sorts the most severe first. */
export function ranked(expression: string): string {
  return ['critical', 'warning', 'info'].reduce(
    (inner, severity, index) =>
      `label_replace(${inner}, "rank", "${index + 1}", "severity", "${severity}")`,
    expression,
  );
}

/** One row if no agent is scraped: an empty table must not mean that nothing is wrong. */
function blind(node: string): string {
  const agents = `up{job="nicwatch",${node}} == 1`;
  const rules = `instance:nicwatch_scrape:timestamp_seconds{${node}}`;
  return [
    blindRow(`absent(${agents})`, 'No agent reports'),
    blindRow(
      `(absent(${rules}) and on () (${agents}))`,
      'The recording rules of nicwatch are not loaded',
    ),
  ].join(' or ');
}

function blindRow(condition: string, problem: string): string {
  return `label_replace(label_replace(${condition}, "problem", "${problem}", "", ""), "rank", "1", "", "") * time()`;
}

/** Of series that carry a device and those of a whole node. */
function deviceOrNone(device: string): string {
  const matcher = device.split(',').at(-1) ?? '';
  return matcher.replace(/"$/, '|"');
}

/** What changed in the time range: one series for each change, when it was seen, in milliseconds since the epoch. */
export function changes({ node, device }: Scope): string {
  const flags = `alertname="NICOffloadChanged",${device}`;
  // Brief changes during boot have not fired, and are over.
  const lasted = `max_over_time(ALERTS{alertstate="firing",${flags}}[$__range]) or ALERTS{${flags}}`;
  const switched = `min_over_time(ALERTS_FOR_STATE{${flags}}[$__range]) and ignoring (alertstate) (${lasted})`;
  return union(
    [
      {
        text: '$1',
        label: 'flip',
        value: `label_join(${switched}, "flip", " switched ", "feature", "state")`,
      },
      {
        text: 'now $1',
        label: 'identity',
        value: `label_join(min_over_time(device:nic_identity_changes:timestamp_seconds{${device}}[$__range]), "identity", " / ", "driver", "driver_version", "firmware_version")`,
      },
      {
        text: 'booted',
        value: `max by (${perNode}) (nic_boot_timestamp_seconds{${node}}) > \${__from:date:seconds}`,
      },
    ],
    `${perDevice}, change`,
  );
}

/** The same of one device, from its own series: at once, and also where no rules were loaded then. */
export function changesOfDevice({ node, device }: Scope): string {
  return union(
    [
      { text: '$1', label: 'flip', value: flips(device) },
      { text: 'now $1', label: 'identity', value: newIdentities(device) },
      {
        text: 'booted',
        value: `max by (${perNode}) (last_over_time(nic_boot_timestamp_seconds{${node}}[$__range])) > \${__from:date:seconds}`,
      },
    ],
    `${perDevice}, change`,
  );
}

/** Offload flags that differ from the previous step, with their last state; the label `flip` describes the change. */
function flips(device: string): string {
  const flags = `nic_offload_enabled{${device},fixed="false"}`;
  const labels = `${perDevice}, feature`;
  const at = `max by (${labels}) (max_over_time(timestamp(${flags} != (${flags} offset $__interval))[$__range:$__interval]))`;
  const state = `count_values by (${labels}) ("state", max by (${labels}) (last_over_time(${flags}[$__range])))`;
  const flipped = `${at} * on (${labels}) group_left (state) ${state}`;
  const named = `label_replace(label_replace(${flipped}, "state", "off", "state", "0"), "state", "on", "state", "1")`;
  return `label_join(${named}, "flip", " switched ", "feature", "state")`;
}

/** Changed drivers and firmware of a device, in the label `identity`. */
function newIdentities(device: string): string {
  const info = `nic_device_info{${device}}`;
  const now = `max by (${perDevice}, driver, driver_version, firmware_version) (${info})`;
  const known = `count by (${perDevice}) (count_over_time(${info}[$__range])) > 1`;
  const since = `min_over_time(timestamp(${now})[$__range:$__interval])`;
  return `label_join(${since} and (${now}) and on (${perDevice}) ${known}, "identity", " / ", "driver", "driver_version", "firmware_version")`;
}

/** The current value of a series, or its last one in the time range. */
export function nowOrLast(series: string): string {
  return `(${series} or last_over_time(${series}[$__range]))`;
}

/** Adds labels of nic_device_info to series that carry a device. */
export function withIdentity(expression: string, labels: string, scope: Scope): string {
  return `(${expression}) * on (${perDevice}) group_left (${labels}) ${identityOf(labels, scope)}`;
}

/** The same, and series whose device has no such labels now, as those of a node that is gone, stay without. */
export function withIdentityIfAny(expression: string, labels: string, scope: Scope): string {
  return `${withIdentity(expression, labels, scope)}\nor (${expression}) unless on (${perDevice}) ${identityOf(labels, scope)}`;
}

/** One series for each device, also in the minutes when it has had two. */
function identityOf(labels: string, { device }: Scope): string {
  return `topk by (${perDevice}) (1, max by (${perDevice}, ${labels}) (nic_device_info{${device}}))`;
}

interface NamedValue {
  readonly text: string;
  readonly label?: string;
  readonly value: string;
}

function union(values: readonly NamedValue[], labels: string): string {
  const name = labels.split(', ').at(-1);
  const named = values.map(
    ({ text, label = '', value }) =>
      `label_replace(${value}, "${name}", "${text}", "${label}", "${label === '' ? '' : '(.+)'}")`,
  );
  return `1000 * max by (${labels}) (\n  ${named.join('\n  or ')}\n)`;
}
