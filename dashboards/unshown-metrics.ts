/** What the agent exports and no dashboard shows, and why. */
export const unshownMetrics: Readonly<Record<string, string>> = {
  nic_ethtool_statistic:
    'Raw statistics of a driver, which mean something else on every driver; opt-in, for queries of your own.',
  process_start_time_seconds:
    'A restart of the agent loses nothing: what it counted is kept, and the gap shows in every panel.',
  nic_netns_csum_errors_total: 'Off by default.',
  nic_netns_namespaces: 'Off by default.',
};
