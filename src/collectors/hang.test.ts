import { describe, expect, test } from 'vitest';

import { overrideDevices } from '../../test/support/override-devices.ts';
import { createPolls } from '../../test/support/polls.ts';
import { createRecordedHost } from '../../test/support/recorded-host.ts';
import { configFrom } from '../../test/support/scrape.ts';
import type { Host, NetworkDevice } from '../host/host.ts';
import type { LastHang } from '../kernel-log/count.ts';
import type { Device } from '../model/device.ts';
import { SourceError } from '../model/errors.ts';
import { createHangFamilies } from './hang.ts';

const hostName = 'debian-6.12.95-qemu';
const hangAt = 1_795_145_680;

/** Values of both metrics by device, this many seconds after the hang. */
async function valuesAfter(
  seconds: number,
  lastHang: LastHang | undefined,
  change: (host: Host) => Host = (host) => host,
) {
  const host = change(createRecordedHost(hostName, { now: new Date((hangAt + seconds) * 1000) }));
  const poll = await createPolls(host, configFrom(['--device.include=.*']))();
  const [active, pending] = await createHangFamilies()(
    poll,
    poll.devices,
    new Map(lastHang === undefined ? [] : [['eno1', lastHang]]),
  );
  const byDevice = (family: typeof active) =>
    Object.fromEntries(
      (family?.samples ?? []).map(({ labels, value }) => [labels['device'], value]),
    );
  return { active: byDevice(active), pending: byDevice(pending) };
}

describe('createHangFamilies()', () => {
  test('has a sample for devices whose driver logs hangs', async () => {
    expect(await valuesAfter(0, undefined)).toEqual({
      active: { eno1: 0, enp6s0: 0, ens3: 0 },
      pending: {},
    });
  });

  test('reports a hang and its pending descriptors', async () => {
    const lastHang = {
      timestampSeconds: hangAt,
      registers: { head: 0xd, tail: 0x11 },
      isReset: false,
    };
    const values = await valuesAfter(5, lastHang);
    expect(values.active).toEqual({ eno1: 1, enp6s0: 0, ens3: 0 });
    expect(values.pending).toEqual({ eno1: 4 });
  });

  test('ignores a hang that is already old when first seen', async () => {
    const lastHang = { timestampSeconds: hangAt, registers: undefined, isReset: false };
    expect(await valuesAfter(31, lastHang)).toEqual({
      active: { eno1: 0, enp6s0: 0, ens3: 0 },
      pending: {},
    });
  });

  /** What sysfs says of eno1 later than the hang, whose driver had accounted for 180 bytes then. */
  interface Later {
    readonly inflight: string;
    readonly limit: string;
    readonly carrierChanges: string;
  }

  const atHang: Later = { inflight: '180\n', limit: '0\n', carrierChanges: '2\n' };

  test.each<readonly [string, Partial<Later>, number]>([
    ['has nothing in flight any more', { inflight: '0\n' }, 0],
    ['has bytes in flight', {}, 1],
    ['lost its link and has it back', { carrierChanges: '4\n' }, 0],
  ])(
    'follows the state 40 s after the hang of a port that sends nothing and %s',
    async (_what, change, active) => {
      let now = atHang;
      let seconds = 5;
      const host = overrideDevices(createRecordedHost(hostName), (device) => ({
        attribute: (name) => {
          const [, value] =
            Object.entries({
              'queues/tx-0/byte_queue_limits/inflight': now.inflight,
              'queues/tx-0/byte_queue_limits/limit': now.limit,
              carrier_changes: now.carrierChanges,
            }).find(([path]) => path === name) ?? [];
          return value ?? device.attribute(name);
        },
      }));
      const polls = createPolls(
        { ...host, now: () => new Date((hangAt + seconds) * 1000) },
        configFrom(['--device.include=eno1']),
      );
      const families = createHangFamilies();
      const lastHang = { timestampSeconds: hangAt, registers: undefined, isReset: false };
      const activeNow = async (): Promise<number | undefined> => {
        const poll = await polls();
        const [family] = await families(poll, poll.devices, new Map([['eno1', lastHang]]));
        return family?.samples[0]?.value;
      };
      expect(await activeNow()).toBe(1);
      now = { ...atHang, ...change };
      seconds = 40;
      expect(await activeNow()).toBe(active);
    },
  );

  test.each<readonly [string, Partial<NetworkDevice>, Readonly<Record<string, number>>]>([
    ['of the recorded size', {}, { eno1: 256 - 0x9f + 0x37 }],
    ['smaller than where it stands', { txRingSize: async () => 80 }, {}],
    ['as large as where it stands', { txRingSize: async () => 0x9f }, {}],
    ['one larger than where it stands', { txRingSize: async () => 0xa0 }, { eno1: 0x37 + 1 }],
    [
      'of unknown size',
      {
        txRingSize: async () => {
          throw new SourceError('unsupported', 'no ring');
        },
      },
      {},
    ],
  ])('counts around a ring %s', async (_what, reads, pending) => {
    const lastHang = {
      timestampSeconds: hangAt,
      registers: { head: 0x9f, tail: 0x37 },
      isReset: false,
    };
    const values = await valuesAfter(5, lastHang, (host) => overrideDevices(host, () => reads));
    expect(values.pending).toEqual(pending);
  });

  test.each([
    [1, 1, { vf0: 0 }],
    [2, 2, {}],
    [1, 2, {}],
  ])(
    'has a sample for %d of %d devices of a driver with nameless records only if it is the only one',
    async (count, bound, active) => {
      const devices = Array.from({ length: count }, (_, index): Device => ({
        name: `vf${index}`,
        kind: 'physical',
        driver: 'ixgbevf',
        busAddress: `0000:01:10.${index}`,
        pciId: undefined,
        interfaceIndex: 50 + index,
        hasUplink: true,
      }));
      const values = await valuesAfter(0, undefined, (host) => ({
        ...host,
        devices: () =>
          host
            .devices()
            .flatMap((handle, index) => ({
              ...handle,
              ...devices[index],
              attributeNames: () =>
                Array.from({ length: bound }, (_, number) => `0000:01:10.${number}`),
            }))
            .slice(0, count),
      }));
      expect(values.active).toEqual(active);
    },
  );
});
