/** What the agent exports and no dashboard shows, and why. */
export const unshownMetrics: Readonly<Record<string, string>> = {
  process_start_time_seconds:
    'A restart of the agent loses nothing: what it counted is kept, and the gap shows in every panel.',
};
