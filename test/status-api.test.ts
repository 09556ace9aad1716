import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { kernelRecord } from './support/kernel-record.ts';
import { overrideDevices } from './support/override-devices.ts';
import { createRecordedHost } from './support/recorded-host.ts';
import { serveStatus } from './support/status-server.ts';
import type { StatusServer } from './support/status-server.ts';

const schema: object = JSON.parse(
  readFileSync(new URL('../docs/status.schema.json', import.meta.url), 'utf8'),
);
const recording = 'debian-6.12.95-qemu';

describe('/api/v1/status', () => {
  let server: StatusServer;

  beforeAll(async () => {
    server = await serveStatus(
      createRecordedHost(recording, {
        kernelLog: 'hang-eno1-persist',
        now: new Date('2026-11-20T03:34:50Z'),
      }),
      ['--device.include=.*'],
    );
  });
  afterAll(async () => {
    await server.close();
  });

  test('matches its schema', async () => {
    const { headers, body } = await server.app.inject('/api/v1/status');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const ajv = new Ajv({ allErrors: true });
    expect(ajv.validate(schema, JSON.parse(body)), ajv.errorsText()).toBe(true);
  });

  test('returns a hang, the exposure and the mitigation', async () => {
    const { body } = await server.app.inject('/api/v1/status');
    const { data } = JSON.parse(body);
    expect(data).toMatchObject({ hostname: 'node-7', timestampSeconds: 1_795_145_690 });
    expect(data.devices).toContainEqual(
      expect.objectContaining({
        name: 'eno1',
        kind: 'physical',
        driver: 'e1000e',
        driverVersion: '6.12.95+deb12-amd64',
        firmwareVersion: '2.1-0',
        busAddress: '0000:00:03.0',
        pciId: '',
        linkUp: true,
        adminUp: true,
        speedBitsPerSecond: 1e9,
        hangActive: true,
        counters: expect.objectContaining({ rx_csum_errors: 0, tx_timeouts: 0 }),
        offloads: expect.arrayContaining([
          { feature: 'tcp-segmentation-offload', enabled: true, fixed: false },
        ]),
        knownIssues: expect.arrayContaining([
          expect.objectContaining({
            id: 'e1000e-tx-hang-tso',
            exposed: true,
            mitigation: 'ethtool -K eno1 tso off gso off gro off',
          }),
        ]),
      }),
    );
    expect(data.kernelEvents).toContainEqual({
      device: 'eno1',
      driver: 'e1000e',
      event: 'unit_hang',
      count: 9,
      lastTimestampSeconds: 1_795_145_680.064_876,
    });
    expect(data.recentKernelEvents[0]).toEqual({
      device: 'eno1',
      driver: 'e1000e',
      event: 'adapter_reset',
      timestampSeconds: 1_795_145_685.081_264,
      text: 'e1000e 0000:00:03.0 eno1: Reset adapter unexpectedly',
    });
  });

  test('distinguishes administratively down from no link', async () => {
    const { body } = await server.app.inject('/api/v1/status');
    const devices: readonly { readonly name: string }[] = JSON.parse(body).data.devices;
    expect(devices).toContainEqual(
      expect.objectContaining({ name: 'tunl0', linkUp: false, adminUp: false }),
    );
    expect(devices).toContainEqual(
      expect.objectContaining({ name: 'bond0', linkUp: false, adminUp: true }),
    );
  });

  test('keeps the hang of a device while another one floods the log, with its PCI ID', async () => {
    const host = createRecordedHost(recording, { now: new Date('2026-11-20T03:34:50Z') });
    const hang = 'e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:\n  TDH <0>\n  TDT <1>';
    const noisy = await serveStatus({
      ...overrideDevices(host, ({ name }) => (name === 'eno1' ? { pciId: '8086:10d3' } : {})),
      kernelLog: async function* () {
        yield {
          caughtUp: true,
          records: [
            kernelRecord(hang),
            ...Array.from({ length: 500 }, (_, index) =>
              kernelRecord('igb 0000:00:07.0 enp6s0: Reset adapter', {
                sequence: index + 2,
                timestampMicroseconds: index + 2,
              }),
            ),
          ],
        };
      },
    });
    const { data } = JSON.parse((await noisy.app.inject('/api/v1/status')).body);
    await noisy.close();
    const texts = data.recentKernelEvents.map(({ text }: { readonly text: string }) => text);
    expect(texts).toHaveLength(11);
    expect(texts.at(-1)).toBe(hang);
    expect(data.devices).toContainEqual(
      expect.objectContaining({ name: 'eno1', pciId: '8086:10d3' }),
    );
  });

  test('omits unknown values', async () => {
    const { body } = await server.app.inject('/api/v1/status');
    const { devices } = JSON.parse(body).data;
    const dummy = devices.find(({ name }: { readonly name: string }) => name === 'dummy0');
    expect(dummy).not.toHaveProperty('hangActive');
    expect(dummy.counters).not.toHaveProperty('rx_csum_errors');
  });
});
