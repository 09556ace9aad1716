import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createNetServer, Socket } from 'node:net';

import { fastify } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';

import { freePort } from '../../test/support/agent-process.ts';
import { listen } from './listen.ts';
import type { CreateWebServer, Listener } from './listen.ts';

const host = '127.0.0.1';
const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (one) => one.close()));
});

async function serveOn(...ports: readonly number[]): Promise<Listener> {
  return serve(ports);
}

async function serve(
  ports: readonly number[],
  createWebServer?: CreateWebServer,
): Promise<Listener> {
  const app = fastify();
  app.get('/', async () => 'hello');
  const endpoints = ports.map((port) => ({ host, port }));
  const listener = await listen(app, endpoints, createWebServer);
  opened.push(listener);
  return listener;
}

/** A server whose clients have a fiftieth of the time. */
const createHastyServer: CreateWebServer = ({ limits, handler }) => {
  const listener = createServer(
    {
      ...limits,
      headersTimeout: hasty(limits.headersTimeout),
      requestTimeout: hasty(limits.requestTimeout),
      connectionsCheckingInterval: hasty(limits.connectionsCheckingInterval),
    },
    handler,
  );
  return {
    listener,
    closeConnections: () => {
      listener.closeAllConnections();
    },
  };
};

/** All a connection sends before it is closed. */
async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

function hasty(milliseconds = 0): number {
  return milliseconds / 50;
}

describe('listen()', () => {
  test('serves on every address, and on no other', async () => {
    const ports = [await freePort(), await freePort()];
    await serveOn(...ports);
    for (const port of ports) {
      const response = await fetch(`http://${host}:${port}/`);
      expect(await response.text()).toBe('hello');
      await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed');
    }
  });

  test('names an address in use, and closes the others', async () => {
    const [taken, other] = [await freePort(), await freePort()];
    await serveOn(taken);
    await expect(serveOn(other, taken)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${taken}: EADDRINUSE`,
    );
    await expect(fetch(`http://${host}:${other}/`)).rejects.toThrow('fetch failed');
  });

  test('serves on all addresses of the machine without a host', async () => {
    const port = await freePort();
    const app = fastify();
    app.get('/', async () => 'hello');
    opened.push(await listen(app, [{ host: undefined, port }]));
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      expect((await fetch(`http://${address}:${port}/`)).status).toBe(200);
    }
  });

  test('names a descriptor that is no socket', async () => {
    await expect(listen(fastify(), [{ descriptor: 9999 }])).rejects.toThrow(
      /^cannot listen on descriptor 9999: E[A-Z]+$/,
    );
  });

  test('closes connections with a request in flight when it is closed', async () => {
    const port = await freePort();
    const app = fastify();
    const asked = new Promise<void>((resolve) => {
      app.get('/', async () => {
        resolve();
        return new Promise(() => {});
      });
    });
    const listener = await listen(app, [{ host, port }]);
    const socket = connect(port, host);
    socket.write(request);
    const answer = received(socket);
    await asked;
    await listener.close();
    expect(await answer).toBe('');
  });

  test('closes a connection above 512', async () => {
    const listener = createNetServer();
    const endpoints = [{ host, port: await freePort() }];
    opened.push(
      await listen(fastify(), endpoints, () => ({ listener, closeConnections: () => {} })),
    );
    const sockets = Array.from({ length: 513 }, (_, remotePort) => {
      const socket = Object.defineProperties(new Socket(), {
        remoteAddress: { value: host },
        remotePort: { value: remotePort },
      });
      listener.emit('connection', socket);
      return socket;
    });
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([sockets[0]]);
  });

  test('answers none of many pipelined requests', async () => {
    const port = await freePort();
    await serveOn(port);
    const socket = connect(port, host);
    socket.write(request.repeat(100));
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('does not wait for a client that is slow with its headers', async () => {
    const port = await freePort();
    await serve([port], createHastyServer);
    const socket = connect(port, host);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
    const drip = setInterval(() => socket.write('x: y\r\n'), 10);
    const answer = await received(socket);
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('refuses headers that are too large', async () => {
    const port = await freePort();
    await serveOn(port);
    const socket = connect(port, host);
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
