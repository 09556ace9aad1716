import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { builtAgent, freePort } from '../support/agent-process.ts';
import { parseExposition } from '../support/exposition.ts';
import { fetchFrom } from '../support/fetch.ts';
import { createJournalRoot, journalWriter } from '../support/journal-file.ts';
import { kernelRecord } from '../support/kernel-record.ts';
import { podSpec, render } from '../support/kustomize.ts';
import { createNamespace, inNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';

const journalProblem = commandProblem('kustomize', 'setpriv', journalWriter);
const mitigationProblem = namespaceProblem('ethtool', 'setpriv');
const script = new URL('../../deploy/kubernetes/mitigation/disable-offloads.sh', import.meta.url)
  .pathname;

test.skipIf(journalProblem !== undefined)(
  `the journal variant reads journal and devices without any capability${skipNote(journalProblem)}`,
  async () => {
    const host = await createJournalRoot([
      {
        ...kernelRecord('e1000e 0000:00:03.0 eno1: Detected Hardware Unit Hang:'),
        realtimeMicroseconds: 1.8e15,
        bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      },
    ]);
    symlinkSync('/sys', join(host.path, 'sys'));
    const manifest = (await render('journal')).find(({ kind }) => kind === 'DaemonSet');
    const [container] = manifest === undefined ? [] : podSpec(manifest).containers;
    const address = `127.0.0.1:${await freePort()}`;
    // As in the pod: the owner of everything, who may do nothing an owner may not.
    const agent = execa(
      'setpriv',
      [
        '--bounding-set=-all',
        '--inh-caps=-all',
        '--no-new-privs',
        process.execPath,
        builtAgent(),
        ...(container?.args ?? []).map((flag) => flag.replace('=/host', `=${host.path}`)),
        `--state.directory=${host.path}`,
        `--web.listen-address=${address}`,
      ],
      { stdin: 'ignore', reject: false },
    );
    try {
      await vi.waitFor(
        async () => {
          const { text } = await fetchFrom(undefined, `http://${address}/metrics`);
          const exposition = parseExposition(text);
          expect(exposition.value('nicwatch_kernel_log_up', { source: 'journal' })).toBe(1);
          expect(exposition.value('nicwatch_state_persistent')).toBe(1);
          expect(
            exposition
              .samples('nicwatch_collector_success')
              .map(({ labels, value }) => [labels.get('collector'), value])
              .filter(([, value]) => value !== 1),
          ).toEqual([]);
          expect(
            exposition.value('nic_kernel_events_total', { event: 'unit_hang', device: 'eno1' }),
          ).toBe(1);
        },
        { timeout: 10_000 },
      );
    } finally {
      agent.kill('SIGTERM');
      await agent;
      host.delete();
    }
  },
);

describe.skipIf(mitigationProblem !== undefined)(
  `disable-offloads.sh${skipNote(mitigationProblem)}`,
  () => {
    let namespace: Namespace;

    beforeAll(async () => {
      namespace = await createNamespace();
      await namespace.ip('link add veth0 type veth peer veth1');
    });
    afterAll(async () => {
      await namespace?.delete();
    });

    /** Runs the script as the init container does, on a device of the namespace, with this capability only. */
    async function disable(env: Readonly<Record<string, string>>, capability = 'net_admin') {
      const capabilities = `-all,+${capability}`;
      const { stdout, stderr, exitCode } = await execa(
        ...inNamespace(namespace.name, 'setpriv', [
          `--bounding-set=${capabilities}`,
          `--inh-caps=${capabilities}`,
          '--no-new-privs',
          'sh',
          script,
        ]),
        { env: { DEVICES: 'veth0', ...env }, reject: false },
      );
      return { lines: stdout.split('\n'), stderr, exitCode };
    }

    test('disables features, and logs their previous state', async () => {
      const features = 'tcp-segmentation-offload tx-udp_tnl-csum-segmentation';
      const first = await disable({ FEATURES: features, DRIVERS: 'veth' });
      expect(first).toMatchObject({ exitCode: 0, stderr: '' });
      expect(first.lines).toContain('veth0 (veth): tcp-segmentation-offload was on, is off');
      expect(await namespace.run('ethtool', ['-k', 'veth0'])).toMatch(
        /^tcp-segmentation-offload: off$/m,
      );
      const again = await disable({ FEATURES: features, DRIVERS: 'i40e veth' });
      expect(again.exitCode).toBe(0);
      expect(again.lines).toContain('veth0 (veth): tcp-segmentation-offload is off already');
    });

    test('does not change devices of other drivers', async () => {
      const before = await namespace.run('ethtool', ['-k', 'veth1']);
      const result = await disable({
        DEVICES: 'veth1',
        FEATURES: 'generic-segmentation-offload',
        DRIVERS: 'i40e',
      });
      expect(result).toEqual({ lines: ['veth1 (veth): left alone'], stderr: '', exitCode: 0 });
      expect(await namespace.run('ethtool', ['-k', 'veth1'])).toBe(before);
    });

    test('fails if a feature remains on', async () => {
      const { exitCode, stderr } = await disable(
        { FEATURES: 'generic-segmentation-offload' },
        'chown',
      );
      expect(exitCode).toBe(1);
      expect(stderr).toContain('veth0 (veth): generic-segmentation-offload is still on');
    });

    test.each([
      {
        why: 'the kernel knows no such feature',
        env: { FEATURES: 'tx-udp-tnl-csum-segmentation' },
        complaint: 'tx-udp-tnl-csum-segmentation is still unknown',
      },
      { why: 'no feature is named', env: { FEATURES: '' }, complaint: 'FEATURES: expected' },
      {
        why: 'there is no such device',
        env: { FEATURES: 'generic-segmentation-offload', DEVICES: 'no0' },
        complaint: 'No such',
      },
    ])('fails where $why', async ({ env, complaint }) => {
      const { exitCode, stderr } = await disable(env);
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain(complaint);
    });
  },
);
