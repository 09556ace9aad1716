/** Metrics that no dashboard shows, with the reason. */
export const unshownMetrics: Readonly<Record<string, string>> = {
  nic_ethtool_statistic:
    'Raw statistics have a different meaning on every driver; opt-in, for custom queries.',
  nic_offload_declared:
    'Used by alerts; nicwatch check reports file and line, which a label cannot.',
  nic_offload_declaration_ignored:
    'Used by alerts; nicwatch check reports file and line, which a label cannot.',
  nic_offload_unchanged_since_timestamp_seconds:
    'Answers questions about one device, which nicwatch check puts into words.',
  nic_offload_policy_violation: 'Used by alerts, and exported only with policies.',
  nicwatch_network_config_readable:
    'Used by alerts, which stay silent if the configuration is unreadable.',
  process_start_time_seconds:
    'A restart of the agent keeps the counts, and its gap is visible in every panel.',
  nic_netns_namespaces: 'Off by default.',
};
