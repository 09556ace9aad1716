/** What both ends of a link can, and what they agreed on. Absent values are unknown. */
export interface LinkSettings {
  readonly speedMegabits: number | undefined;
  readonly isHalfDuplex: boolean;
  /** Fastest mode of the device, of what it offers, and of what the other end offers. */
  readonly supportedMegabits: number | undefined;
  readonly advertisedMegabits: number | undefined;
  readonly partnerMegabits: number | undefined;
}

/**
 * Parses what `ethtool DEVICE` prints.
 *
 * Two real lines: `	Link partner advertised link modes:  100baseT/Half 100baseT/Full`, `	Speed: 100Mb/s`
 */
export function parseEthtoolLink(text: string): LinkSettings {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^\t([^\s:][^:]*):\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      last = key;
      fields.set(key, value);
    } else if (/^\s+\S/.test(line)) {
      // A list goes on in lines without a key.
      fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`);
    }
  }
  const fastest = (key: string): number | undefined => {
    const modes = [...(fields.get(key) ?? '').matchAll(/\b(\d+)base/g)].map(([, speed]) =>
      Number(speed),
    );
    return modes.length === 0 ? undefined : Math.max(...modes);
  };
  const [, speed] = /^(\d+)Mb\/s$/.exec(fields.get('Speed') ?? '') ?? [];
  return {
    speedMegabits: speed === undefined ? undefined : Number(speed),
    isHalfDuplex: fields.get('Duplex') === 'Half',
    supportedMegabits: fastest('Supported link modes'),
    advertisedMegabits: fastest('Advertised link modes'),
    partnerMegabits: fastest('Link partner advertised link modes'),
  };
}
