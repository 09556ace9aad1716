/** Metrics that no dashboard shows, with the reason. */
export const unshownMetrics: Readonly<Record<string, string>> = {
  nic_ethtool_statistic:
    'Raw statistics of a driver, which mean something else on every driver; opt-in, for queries of your own.',
  process_start_time_seconds:
    'A restart of the agent loses nothing: what it counted is kept, and the gap shows in every panel.',
};
