/** The questions every dashboard answers without scrolling, and by which panels. */
export const dashboardAnswers: Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
> = {
  fleet: {
    'Which node?': [
      'Nodes that do not report',
      'What is wrong now',
      'Firing alerts',
      'Hangs, timeouts and resets',
    ],
    'Which device?': ['What is wrong now', 'Hangs, timeouts and resets'],
    'Since when?': ['What is wrong now', 'Firing alerts', 'Hangs, timeouts and resets'],
    'What changed before it?': ['What changed'],
  },
  node: {
    'Which node?': ['Identity'],
    'Which device?': ['Identity', 'State'],
    'Since when?': ['Scraped', 'State over time', 'Last kernel event', 'Receive errors'],
    'What changed before it?': ['What changed', 'Offload flags', 'Booted'],
  },
  'cross-node': {
    'Which node?': ['Guilty nodes', 'Failure ratio, source (row) by destination (column)'],
    'Which device?': ['NICs of the guilty sources', 'Their transmit offloads'],
    'Since when?': ['Guilty nodes'],
    'What changed before it?': ['What changed on them'],
  },
};
