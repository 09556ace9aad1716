import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { builtAgent, startAgent } from '../support/agent-process.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { startAlerting } from '../support/alerting.ts';
import type { Alerting } from '../support/alerting.ts';
import { createNamespace } from '../support/netns.ts';
import type { Namespace } from '../support/netns.ts';
import { namespaceProblem, skipNote } from '../support/requirements.ts';
import type { NotifiedAlert } from '../support/webhook.ts';

const problem = namespaceProblem('prometheus', 'prometheus-alertmanager');
const [sender, first, second] = ['node-1', 'node-2', 'node-3'] as const;

/** A node in a network namespace of its own. */
interface LabNode {
  readonly name: string;
  readonly address: string;
  readonly namespace: Namespace;
  readonly agent: AgentProcess;
  /** Serves its metrics outside of its namespace. */
  readonly proxy: Server;
  readonly target: string;
}

/** Sender, receivers, Prometheus, Alertmanager and webhook are real; the rules make haste. */
describe.skipIf(problem !== undefined)(`a drill${skipNote(problem)}`, () => {
  let fabric: Namespace;
  const nodes: LabNode[] = [];
  let alerting: Alerting;

  beforeAll(async () => {
    fabric = await createNamespace();
    await fabric.ip('link add br0 type bridge');
    await fabric.ip('link set br0 up');
    for (const [index, name] of [sender, first, second].entries()) {
      nodes.push(await startNode(name, index + 1, fabric));
    }
    alerting = await startAlerting({
      isHasty: true,
      scrapeConfigs: `  - job_name: nicwatch
    static_configs:
${nodes.map(({ name, target }) => `      - { targets: ['${target}'], labels: { node: ${name}, instance: ${name} } }`).join('\n')}
`,
    });
    // Until every packet is sampled, and Prometheus knows whose each address is.
    await vi.waitFor(
      async () => {
        for (const query of ['nic_wire_sampling_ratio == 1', 'source_address:nic_address:unique']) {
          const values = await alerting.prometheus.query(query);
          if (values.length < nodes.length) {
            throw new Error(`${query} is true of ${values.length}`);
          }
        }
      },
      { timeout: 40_000, interval: 500 },
    );
  });

  afterAll(async () => {
    await alerting?.stop();
    for (const { agent, proxy, namespace } of nodes) {
      await agent.stop();
      proxy.closeAllConnections();
      proxy.close();
      await namespace.delete();
    }
    await fabric?.delete();
  });

  test('with one receiver is a ticket that names both nodes', async () => {
    await drill(first);
    const alert = await notified({ alertname: 'NICCorruptingPair', source_node: sender });
    expect(alert.labels).toMatchObject({ dest_node: first, node: sender, severity: 'warning' });
    expect(alert.path).toMatch(/^\/tickets/);
  });

  test('with a second receiver pages, with the name of the sender', async () => {
    // Both within the fifteen seconds that stand for fifteen minutes.
    await Promise.all([drill(first), drill(second)]);
    const alert = await notified({ alertname: 'NICCorruptingSender' });
    expect(alert.labels).toMatchObject({ source_node: sender, node: sender, severity: 'critical' });
    expect(alert.path).toMatch(/^\/pager/);
    expect(alert.annotations['summary']).toBe(`${sender} sends packets with wrong checksums.`);
  });

  test('is over when nothing more arrives', async () => {
    const alert = await notified({ alertname: 'NICCorruptingSender' }, 'resolved');
    expect(alert.labels['source_node']).toBe(sender);
  });

  async function drill(receiver: string): Promise<void> {
    const to = nodes.find(({ name }) => name === receiver)?.address;
    const from = nodes.find(({ name }) => name === sender)?.namespace;
    const said = await from?.run(process.execPath, [
      builtAgent(),
      'drill',
      'checksum',
      `--to=${to}`,
    ]);
    expect(said).toContain(`sent 200 packets with a wrong checksum to ${to}`);
  }

  async function notified(
    labels: Readonly<Record<string, string>>,
    status: 'firing' | 'resolved' = 'firing',
  ): Promise<NotifiedAlert> {
    return vi.waitFor(
      () => {
        const found = alerting.webhook.received(labels).find((alert) => alert.status === status);
        if (found === undefined) {
          throw new Error(`no ${labels['alertname']} is ${status}`);
        }
        return found;
      },
      { timeout: 50_000, interval: 200 },
    );
  }
});

async function startNode(name: string, number: number, fabric: Namespace): Promise<LabNode> {
  const namespace = await createNamespace();
  const address = `192.0.2.${number}`;
  await namespace.ip(`link add eth0 type veth peer port${number} netns ${fabric.name}`);
  await fabric.ip(`link set port${number} master br0 up`);
  await namespace.ip(`address add ${address}/24 dev eth0`);
  await namespace.ip('link set eth0 up');
  const agent = await startAgent({
    namespace,
    flags: ['--device.include=eth0', '--collector.wire', '--collector.wire.rate=1000'],
  });
  const proxy = createServer((_request, response) => {
    void agent.fetch('/metrics').then(({ text, contentType }) => {
      response.setHeader('content-type', contentType);
      response.end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const listening = proxy.address();
  const port = typeof listening === 'object' ? listening?.port : undefined;
  return { name, address, namespace, agent, proxy, target: `127.0.0.1:${port}` };
}
