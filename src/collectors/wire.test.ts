import { setTimeout } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom } from '../../test/support/scrape.ts';
import { tunnelPacket } from '../../test/support/tunnel-packet.ts';
import type { Host, PacketSocket } from '../host/host.ts';
import { SourceError } from '../model/errors.ts';
import { wireCollector } from './wire.ts';

const recorded = createRecordedHost('debian-6.12.95-qemu');

describe('wireCollector', () => {
  test('is disabled by default', () => {
    expect(configFrom([]).collectors.has('wire')).toBe(false);
    expect(configFrom(['--collector.wire']).collectors.has('wire')).toBe(true);
  });

  test.each([
    ['packet sockets need the native module koffi', undefined],
    [
      'no right',
      (): PacketSocket => {
        throw new SourceError('denied', 'no right');
      },
    ],
  ])('warns once and is not up: %s', async (reason, openPacketSocket) => {
    const { collect, warnings } = collecting({ openPacketSocket });
    await collect();
    const families = await collect();
    expect(warnings).toEqual([reason]);
    const up = families.get('nic_wire_up') ?? [];
    expect(up.map(({ value }) => value)).toEqual(up.map(() => 0));
    expect(up.length).toBeGreaterThan(1);
    expect(families.get('nic_wire_samples_total')).toEqual([]);
  });

  test('samples ports only, and closes the socket of a device that goes', async () => {
    const closed: number[] = [];
    let present = recorded.devices();
    const { collect } = collecting({
      devices: () => present,
      openPacketSocket: (interfaceIndex) => ({
        ...idleSocket,
        close: () => {
          closed.push(interfaceIndex);
        },
      }),
    });
    const devices = ((await collect()).get('nic_wire_up') ?? []).map(
      ({ labels }) => labels['device'],
    );
    const ports = present.filter(({ kind }) => kind === 'physical');
    expect(devices).toEqual(ports.map(({ name }) => name));
    const [gone] = ports;
    present = present.filter((device) => device !== gone);
    expect((await collect()).get('nic_wire_up')).toHaveLength(ports.length - 1);
    expect(closed).toEqual([gone?.interfaceIndex]);
  });

  test('has a source at 0 first, and reads while it runs', async () => {
    const queue = Array.from({ length: 3 }, () => tunnelPacket({ outerChecksum: 'bad' }));
    const { collect, collector } = collecting({
      openPacketSocket: () => ({ ...idleSocket, receive: () => queue.shift() }),
    });
    await collect();
    const ending = new AbortController();
    const running = collector.run?.(ending.signal, () => {});
    while (queue.length > 0) {
      await setTimeout(20);
    }
    const bad = async (): Promise<readonly (readonly [string | undefined, number])[]> =>
      ((await collect()).get('nic_wire_bad_packets_total') ?? [])
        .filter(
          ({ labels }, _, [first]) =>
            labels['device'] === first?.labels['device'] && labels['layer'] === 'outer',
        )
        .map(({ labels, value }) => [labels['source_address'], value]);
    expect([await bad(), await bad()]).toEqual([
      [
        ['192.0.2.2', 0],
        ['other', 0],
      ],
      [
        ['192.0.2.2', 3],
        ['other', 0],
      ],
    ]);
    ending.abort();
    await running;
  });

  test('exports the addresses that others can reach, uplinks first', async () => {
    const port = recorded.devices().find(({ hasUplink }) => hasUplink);
    const device = port?.name ?? '';
    const { collect } = collecting({
      addresses: () => [
        { device: 'lo', address: '127.0.0.1' },
        { device: 'lo', address: '192.0.2.7' },
        { device, address: 'fe80::1' },
        { device, address: '2001:db8::1' },
      ],
    });
    expect(
      (await collect()).get('nic_address_info')?.map(({ labels }) => labels['address']),
    ).toEqual(['2001:db8::1', '192.0.2.7']);
  });
});

const idleSocket: PacketSocket = {
  receive: () => undefined,
  setFilter: () => true,
  takeLost: () => 0,
  close: () => {},
};

function collecting(changes: Partial<Host>) {
  const host: Host = {
    ...recorded,
    addresses: () => [],
    openPacketSocket: () => idleSocket,
    ...changes,
  };
  const config = configFrom(['--collector.wire']);
  const warnings: unknown[] = [];
  const collector = wireCollector.create({
    host,
    config,
    log: {
      warn: (fields: unknown) => {
        warnings.push(
          typeof fields === 'object' && fields !== null && 'reason' in fields
            ? fields.reason
            : fields,
        );
      },
    },
  });
  const poll = createPolls(host, config);
  return {
    collector,
    warnings,
    collect: async () =>
      new Map((await collector.collect(await poll())).map(({ name, samples }) => [name, samples])),
  };
}
