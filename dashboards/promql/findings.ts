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
  return union(
    [
      { text: '$1', label: 'flip', value: flips(device) },
      { text: 'now $1', label: 'identity', value: newIdentities(device) },
      {
        text: 'booted',
        value: `max by (${perNode}) (nic_boot_timestamp_seconds{${node}}) > \${__from:date:seconds}`,
      },
    ],
    `${perDevice}, change`,
  );
}

/** Offload flags that are not what they were a step before, with their state of now; the label `flip` says it in words. */
function flips(device: string): string {
  const flags = `nic_offload_enabled{${device},fixed="false"}`;
  const labels = `${perDevice}, feature`;
  // Series are compared as they are, and grouped afterwards: there are tens of thousands of them, and few that flip.
  const at = `max by (${labels}) (max_over_time(timestamp(${flags} != (${flags} offset $__interval))[$__range:$__interval]))`;
  const state = `count_values by (${labels}) ("state", max by (${labels}) (${flags}))`;
  const flipped = `${at} * on (${labels}) group_left (state) ${state}`;
  const named = `label_replace(label_replace(${flipped}, "state", "off", "state", "0"), "state", "on", "state", "1")`;
  return `label_join(${named}, "flip", " switched ", "feature", "state")`;
}

/** Drivers and firmware that a device did not have before; the label `identity` says which. */
function newIdentities(device: string): string {
  const info = `nic_device_info{${device}}`;
  const now = `max by (${perDevice}, driver, driver_version, firmware_version) (${info})`;
  const known = `count by (${perDevice}) (count_over_time(${info}[$__range])) > 1`;
  const since = `min_over_time(timestamp(${now})[$__range:$__interval])`;
  return `label_join(${since} and (${now}) and on (${perDevice}) ${known}, "identity", " / ", "driver", "driver_version", "firmware_version")`;
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
