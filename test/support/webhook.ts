import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { listAt, stringsAt, valueAt } from './value-at.ts';

/** One alert in a notification of Alertmanager. */
export interface NotifiedAlert {
  /** The path the notification came to. */
  readonly path: string;
  readonly status: unknown;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What the notification was grouped by. */
  readonly group: Readonly<Record<string, string>>;
  /** When it came, in milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** A server that keeps the notifications it is sent. */
export interface Webhook {
  readonly url: string;
  /** Received alerts with these labels, oldest first. */
  received(labels: Readonly<Record<string, string>>): readonly NotifiedAlert[];
  close(): Promise<void>;
}

/** Starts a webhook on a port of its own. */
export async function startWebhook(port: number): Promise<Webhook> {
  const alerts: NotifiedAlert[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const notification: unknown = JSON.parse(body);
      alerts.push(
        ...listAt(notification, 'alerts').map((alert) => ({
          path: request.url ?? '',
          status: valueAt(alert, 'status'),
          labels: stringsAt(alert, 'labels'),
          annotations: stringsAt(alert, 'annotations'),
          group: stringsAt(notification, 'groupLabels'),
          receivedAt: Date.now(),
        })),
      );
      response.end();
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    received: (wanted) =>
      alerts.filter(({ labels }) =>
        Object.entries(wanted).every(([label, value]) => labels[label] === value),
      ),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
  }
  return body;
}
