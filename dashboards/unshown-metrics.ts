/** Metrics that no dashboard shows, with the reason. */
export const unshownMetrics: Readonly<Record<string, string>> = {
  nic_ethtool_statistic:
    'Raw statistics of a driver, which mean something else on every driver; opt-in, for queries of your own.',
  nic_offload_declared:
    'It is for the alerts; nicwatch check names file and line, which no label could.',
  nic_offload_declaration_ignored:
    'It is for the alerts; nicwatch check names file and line, which no label could.',
  nic_offload_unchanged_since_timestamp_seconds:
    'It is for questions about one device, and nicwatch check words the answer.',
  nic_offload_policy_violation: 'It is for the alerts, and only there where policies are.',
  nicwatch_network_config_readable: 'It is for the alerts, which are quiet where nobody can tell.',
  process_start_time_seconds:
    'A restart of the agent loses nothing: what it counted is kept, and the gap shows in every panel.',
  nic_netns_namespaces: 'Off by default.',
};
