/** Label matchers: of a node's own series, and of those that carry a device. */
export interface Scope {
  readonly node: string;
  readonly device: string;
}

const nodeMatchers = 'cluster=~"$cluster",node=~"$node"';

/** What the variables at the top of a dashboard choose. */
export const chosen: Scope = { node: nodeMatchers, device: `${nodeMatchers},device=~"$device"` };

/** Labels that name a device; a Prometheus of one cluster only may have no label `cluster`. */
export const perNode = 'cluster, node';
export const perDevice: string = `${perNode}, device`;

/** Kernel events that take a node off the network, as a regular expression of the label `event`. */
export const hangEvents = 'unit_hang|tx_timeout|adapter_reset|device_lost';

/** A condition that holds, in words. What the series differ in beyond node and device is lost. */
export interface Finding {
  /** May hold `$1`, which is the value of the label `label`. */
  readonly text: string;
  readonly label?: string;
  /** Gives a series for everything it holds for, and none for the rest. */
  readonly condition: string;
}

/** One series for each finding that holds now: since when in the chosen time range, in milliseconds since the epoch. */
export function findings(list: readonly Finding[], labels: string): string {
  return union(
    list.map(({ condition, ...words }) => ({ ...words, value: firstSeen(condition) })),
    `${labels}, problem`,
  );
}

/** When a condition that holds now was first seen to hold in the time range, in seconds since the epoch. */
export function firstSeen(condition: string): string {
  // A condition younger than the last step of the subquery is in none of them.
  return `(min_over_time(timestamp(${condition})[$__range:$__interval]) or timestamp(${condition})) and (${condition})`;
}

/** What changed in the time range: one series for each change, when it was seen, in milliseconds since the epoch. */
export function changes({ node, device }: Scope): string {
  const flag = `max by (${perDevice}, feature) (nic_offload_enabled{${device}})`;
  const before = `max by (${perDevice}, feature) (nic_offload_enabled{${device}} offset $__interval)`;
  const flipped = `max_over_time(timestamp(${flag} != ${before})[$__range:$__interval])`;
  const identity = `max by (${perDevice}, driver, driver_version, firmware_version) (nic_device_info{${device}})`;
  const identities = `count by (${perDevice}) (count_over_time(nic_device_info{${device}}[$__range]))`;
  const changed = `min_over_time(timestamp(${identity})[$__range:$__interval]) and (${identity}) and on (${perDevice}) ${identities} > 1`;
  return union(
    [
      { text: '$1 switched on', label: 'feature', value: `${flipped} and ${flag} == 1` },
      { text: '$1 switched off', label: 'feature', value: `${flipped} and ${flag} == 0` },
      {
        text: 'now $1',
        label: 'identity',
        value: `label_join(${changed}, "identity", " / ", "driver", "driver_version", "firmware_version")`,
      },
      {
        text: 'booted',
        value: `max by (${perNode}) (nic_boot_timestamp_seconds{${node}}) > \${__from:date:seconds}`,
      },
    ],
    `${perDevice}, change`,
  );
}

/** Adds labels of nic_device_info to series that carry a device. */
export function withIdentity(expression: string, labels: string, { device }: Scope): string {
  return `(${expression}) * on (${perDevice}) group_left (${labels}) max by (${perDevice}, ${labels}) (nic_device_info{${device}})`;
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
