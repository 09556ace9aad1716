import type { Machine } from './machine.ts';

/** A record of the guest's kernel log. */
export interface LogRecord {
  readonly sequence: number;
  /** By the clock of the host, in milliseconds since the epoch. */
  readonly at: number;
  /** Its first line. */
  readonly text: string;
}

/** The events this counts, by its own reading of the records. */
export const countedEvents = [
  'unit_hang',
  'tx_timeout',
  'adapter_reset',
  'dead_loop',
  'rx_csum_fault',
] as const;

export type CountedEvent = (typeof countedEvents)[number];

/** A moment in the log. */
export interface Mark {
  readonly name: string;
  readonly at: number;
}

export interface KernelLog {
  mark(): Promise<Mark>;
  /** Records of the kernel since a mark, oldest first. */
  since(mark: Mark): Promise<readonly LogRecord[]>;
  /** Sequence number of the newest record, of the kernel or not. */
  last(): Promise<number>;
  /** Records of each event since boot, by `DEVICE EVENT`. */
  counts(): Promise<ReadonlyMap<string, number>>;
  /** Messages that the rate limit of the network core suppressed, since boot. */
  suppressed(): Promise<number>;
}

const patterns: Readonly<Record<CountedEvent, RegExp>> = {
  unit_hang: /Detected (?:Hardware|Tx) Unit Hang/,
  tx_timeout: /NETDEV WATCHDOG: /,
  adapter_reset: /: Reset adapter/,
  dead_loop: /Dead loop on virtual device /,
  rx_csum_fault: /: hw csum failure/,
};

/**
 * Reads what `cat /dev/kmsg` has written down in the guest since it booted: `3,700,53210100,-;e1000e 0000:00:02.0 eno1: ...`
 */
export function createKernelLog(machine: Machine): KernelLog {
  let marks = 0;
  const read = async (): Promise<readonly RawRecord[]> =>
    parseLog(await machine.run('cat /run/kmsg'));
  return {
    mark: async () => {
      marks += 1;
      const name = `mark ${marks}`;
      const before = Date.now();
      await machine.run(`echo '${name}' >/dev/kmsg`);
      return { name, at: (before + Date.now()) / 2 };
    },
    since: async (mark) => {
      const records = await read();
      const start = records.findIndex(({ text }) => text === mark.name);
      const marked = records[start];
      if (marked === undefined) {
        throw new Error(`expected ${JSON.stringify(mark.name)} in the kernel log of the guest`);
      }
      return records
        .slice(start + 1)
        .filter(({ isKernel }) => isKernel)
        .map(({ sequence, microseconds, text }) => ({
          sequence,
          at: mark.at + (microseconds - marked.microseconds) / 1000,
          text,
        }));
    },
    last: async () => (await read()).at(-1)?.sequence ?? Number.NaN,
    counts: async () => {
      const [records, addresses] = [await read(), await busAddresses(machine)];
      const counts = new Map<string, number>();
      for (const { text } of records.filter(({ isKernel }) => isKernel)) {
        const event = eventOf(text);
        if (event !== undefined) {
          const key = `${deviceOf(text, addresses)} ${event}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
      return counts;
    },
    suppressed: async () =>
      (await read())
        .filter(({ isKernel }) => isKernel)
        .reduce((sum, { text }) => {
          const [, count = '0'] = /^net_ratelimit: (\d+) callbacks suppressed/.exec(text) ?? [];
          return sum + Number(count);
        }, 0),
  };
}

/** Records of an event that name a card. */
export function recordsOf(
  records: readonly LogRecord[],
  event: CountedEvent,
  names: readonly string[],
): readonly LogRecord[] {
  return records.filter(
    ({ text }) => eventOf(text) === event && names.some((name) => mentions(text, name)),
  );
}

/** PCI addresses of the cards, by name. */
export async function busAddresses(machine: Machine): Promise<ReadonlyMap<string, string>> {
  const printed = await machine.run(
    'cd /sys/class/net; for name in *; do [ ! -e "$name/device" ] || echo "$name $(basename "$(readlink -f "$name/device")")"; done',
  );
  return new Map(
    printed
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', address = ''] = line.split(' ');
        return [name, address];
      }),
  );
}

interface RawRecord {
  readonly sequence: number;
  readonly microseconds: number;
  readonly isKernel: boolean;
  readonly text: string;
}

function parseLog(text: string): readonly RawRecord[] {
  return text.split('\n').flatMap((line) => {
    const [, priority = '', sequence = '', microseconds = '', message = ''] =
      /^(\d+),(\d+),(\d+),[^;]*;(.*)$/.exec(line) ?? [];
    return priority === ''
      ? []
      : [
          {
            sequence: Number(sequence),
            microseconds: Number(microseconds),
            // The lower three bits are the level.
            isKernel: Number(priority) < 8,
            text: message.split('\\x0a')[0] ?? '',
          },
        ];
  });
}

function eventOf(text: string): CountedEvent | undefined {
  return countedEvents.find((event) => patterns[event].test(text));
}

function deviceOf(text: string, addresses: ReadonlyMap<string, string>): string {
  const [, looping] = /virtual device ([^\s,]+)/.exec(text) ?? [];
  const [, faulty] = /^([^\s:]+): hw csum/.exec(text) ?? [];
  const [card] = [...addresses].find((names) => names.some((name) => mentions(text, name))) ?? [];
  return looping ?? faulty ?? card ?? 'unknown';
}

function mentions(text: string, name: string): boolean {
  return text.includes(` ${name}: `) || text.includes(` ${name} `);
}
