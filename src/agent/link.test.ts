import { describe, expect, test, vi } from 'vitest';

import type { NetworkDevice } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import { createLinkTtl, readLink } from './link.ts';

const down = new SourceError('unsupported', 'down');
const denied = new SourceError('denied', 'no');

/** A device with these attributes; an error is thrown. */
function deviceWith(attributes: Readonly<Record<'carrier' | 'speed', string | SourceError>>) {
  return {
    readAttribute: vi.fn<NetworkDevice['readAttribute']>(async (name) => {
      const text = attributes[name];
      if (text instanceof SourceError) {
        throw text;
      }
      return text;
    }),
  };
}

describe('readLink()', () => {
  test('reads carrier and speed', async () => {
    const { carrier, speed } = await readLink(deviceWith({ carrier: '1\n', speed: '1000\n' }));
    expect(carrier()).toBe('1\n');
    expect(speed()).toBe('1000\n');
  });

  test('reads one after the other: both wait for the same lock', async () => {
    let answer: ((text: string) => void) | undefined;
    const readAttribute = vi.fn<NetworkDevice['readAttribute']>(
      async () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const link = readLink({ readAttribute });
    await vi.waitFor(
      () => {
        expect(readAttribute).toHaveBeenCalledTimes(1);
      },
      { timeout: 10_000 },
    );
    answer?.('1\n');
    await vi.waitFor(
      () => {
        expect(readAttribute).toHaveBeenCalledTimes(2);
      },
      { timeout: 10_000 },
    );
    answer?.('1000\n');
    expect((await link).speed()).toBe('1000\n');
  });

  test('has neither for a device that is administratively down', async () => {
    const { carrier, speed } = await readLink(deviceWith({ carrier: down, speed: down }));
    expect(carrier).toThrow(down);
    expect(speed).toThrow(down);
  });

  test.each([down, denied])('keeps the carrier where the speed is $reason', async (error) => {
    const { carrier, speed } = await readLink(deviceWith({ carrier: '1\n', speed: error }));
    expect(carrier()).toBe('1\n');
    expect(speed).toThrow(error);
  });

  test('fails where the carrier cannot be read, and does not try the speed', async () => {
    const device = deviceWith({ carrier: denied, speed: '1000\n' });
    await expect(readLink(device)).rejects.toBe(denied);
    expect(device.readAttribute).toHaveBeenCalledTimes(1);
  });
});

/** The TTL of a link, in a poll that can be changed. */
function linkTtl() {
  const now: { poll: number; generation: number | undefined; attributes: Record<string, string> } =
    { poll: 1, generation: undefined, attributes: { carrier_changes: '2\n', flags: '0x1003\n' } };
  const attribute = vi.fn<NetworkDevice['attribute']>((name) => {
    const text = now.attributes[name];
    if (text === undefined) {
      throw new SourceError('absent', `no ${name}`);
    }
    return text;
  });
  const link = createLinkTtl(
    {
      attribute,
      get generation() {
        return now.generation;
      },
    },
    { poll: () => now.poll },
  );
  return { now, attribute, ...link };
}

describe('createLinkTtl()', () => {
  test('has the same generation while nothing changes', () => {
    const { now, ttl } = linkTtl();
    const generation = ttl.generation();
    expect(generation).toBeDefined();
    now.poll += 1;
    expect(ttl.generation()).toBe(generation);
  });

  test.each([
    {
      what: 'the carrier came or went',
      generation: undefined,
      attributes: { carrier_changes: '3\n' },
    },
    { what: 'the flags changed', generation: undefined, attributes: { flags: '0x1002\n' } },
    { what: 'a change was announced', generation: 8, attributes: {} },
    { what: 'changes are announced from now on', generation: 7, attributes: {} },
  ])('has another generation when $what', ({ generation, attributes }) => {
    const { now, ttl } = linkTtl();
    now.generation = generation === 8 ? 7 : undefined;
    const previous = ttl.generation();
    now.poll += 1;
    now.generation = generation;
    Object.assign(now.attributes, attributes);
    expect(ttl.generation()).not.toBe(previous);
  });

  test('reads no flags where changes are announced', () => {
    const { now, attribute, ttl } = linkTtl();
    now.generation = 7;
    ttl.generation();
    expect(attribute).not.toHaveBeenCalled();
  });

  test('reads carrier_changes again when a change was announced, and after a minute', () => {
    vi.useFakeTimers();
    try {
      const { now, attribute, carrierChanges } = linkTtl();
      now.generation = 7;
      const read = (): string => {
        now.poll += 1;
        return carrierChanges();
      };
      expect(read()).toBe('2\n');
      now.attributes['carrier_changes'] = '3\n';
      expect(read()).toBe('2\n');
      now.generation = 8;
      expect(read()).toBe('3\n');
      now.attributes['carrier_changes'] = '4\n';
      vi.advanceTimersByTime(60_001);
      expect(read()).toBe('4\n');
      expect(attribute).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(['carrier_changes', 'flags'])('has no generation where there is no %s', (name) => {
    const { now, ttl } = linkTtl();
    Reflect.deleteProperty(now.attributes, name);
    expect(ttl.generation()).toBeUndefined();
  });

  test('reads carrier_changes once a poll, whatever the number of callers', () => {
    const { now, attribute, carrierChanges, ttl } = linkTtl();
    ttl.generation();
    expect(carrierChanges()).toBe('2\n');
    now.attributes['carrier_changes'] = '3\n';
    expect(carrierChanges()).toBe('2\n');
    now.poll += 1;
    expect(carrierChanges()).toBe('3\n');
    ttl.generation();
    expect(attribute.mock.calls.filter(([name]) => name === 'carrier_changes')).toHaveLength(2);
  });

  test.each([
    [undefined, undefined],
    [7, 8],
  ])('does not serve an old carrier_changes when it can no longer be read', (...generations) => {
    const { now, carrierChanges } = linkTtl();
    now.generation = generations[0];
    expect(carrierChanges()).toBe('2\n');
    now.poll += 1;
    now.generation = generations[1];
    delete now.attributes['carrier_changes'];
    for (let times = 0; times < 2; times += 1) {
      expect(carrierChanges).toThrow(expect.objectContaining({ reason: 'absent' }));
    }
  });
});
