import { existsSync, readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { createRecordedHost } from './support/recorded-host.ts';
import { recordedPath } from './support/recordings.ts';
import { scrape } from './support/scrape.ts';

const hosts = ['debian-6.12.95-qemu', 'written-linux-6.12'];

describe.each(hosts)('/metrics of recorded host %s', (name) => {
  const golden = new URL(`hosts/${name}/golden`, import.meta.url).pathname;
  const devices = readdirSync(recordedPath(name, 'sys/class/net'), { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => entry.name);
  const kernelLogs = existsSync(recordedPath(name, 'kmsg'))
    ? readdirSync(recordedPath(name, 'kmsg')).map((file) => file.replace('.kmsg.raw', ''))
    : [];

  test('with the default selection of devices', async () => {
    const text = await scrape(createRecordedHost(name));
    await expect(steady(text)).toMatchFileSnapshot(`${golden}/default.prom`);
  });

  test.each(kernelLogs)('with kernel log %s', async (kernelLog) => {
    const text = await scrape(createRecordedHost(name, { kernelLog }));
    const events = text
      .split('\n')
      .filter((line) => /^(?:# (?:HELP|TYPE) )?nic(?:watch)?_(?:kernel|hang)_/.test(line));
    await expect(`${events.join('\n')}\n`).toMatchFileSnapshot(
      `${golden}/kernel-log-${kernelLog}.prom`,
    );
  });

  test.each(devices)('%s', async (device) => {
    const text = await scrape(createRecordedHost(name), [
      `--device.include=${device.replaceAll('.', '\\.')}`,
    ]);
    await expect(steady(text)).toMatchFileSnapshot(`${golden}/${device}.prom`);
  });
});

/** Leaves out what differs from run to run. */
function steady(text: string): string {
  return text.replaceAll(/^(nicwatch_collector_duration_seconds\S+) .*$/gm, '$1 0');
}
