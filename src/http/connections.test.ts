import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { describe, expect, test } from 'vitest';

import { createConnections, refusePipeline } from './connections.ts';
import type { Connections } from './connections.ts';

/** A connection of a client, without a network. */
class Client extends Socket {
  override readonly remotePort: number;
  override readonly remoteAddress = '192.0.2.1';
  override readonly localAddress = '192.0.2.2';

  constructor(port: number) {
    super();
    this.remotePort = port;
  }
}

/** Connections bounded to four, and what clients do with them. */
function fourConnections() {
  const handled: Socket[] = [];
  const connections: Connections = createConnections(4, ({ socket }) => handled.push(socket));
  let port = 0;
  const open = (of = port + 1): Client => {
    port = Math.max(port, of);
    const client = new Client(of);
    connections.opened(client);
    return client;
  };
  /** A request; the returned function answers it. */
  const ask = (client: Client): ((status: number, isSent?: boolean) => void) => {
    const request = new IncomingMessage(client);
    const response = new ServerResponse(request);
    connections.handle(request, response);
    return (status, isSent = true) => {
      response.statusCode = status;
      Object.defineProperty(response, 'writableFinished', { value: isSent });
      response.emit('close');
    };
  };
  const served = (): Client => {
    const client = open();
    ask(client)(200);
    return client;
  };
  return { handled, open, ask, served };
}

function survivors(clients: readonly Client[]): readonly number[] {
  return clients.filter(({ destroyed }) => !destroyed).map(({ remotePort }) => remotePort);
}

describe('createConnections()', () => {
  test('evicts none below the maximum', () => {
    const { open } = fourConnections();
    expect(survivors([open(), open(), open(), open()])).toEqual([1, 2, 3, 4]);
  });

  test('evicts unserved connections before a served one', () => {
    const { open, served } = fourConnections();
    const clients = [served(), open(), open(), open(), open(), open()];
    expect(survivors(clients)).toEqual([1, 4, 5, 6]);
  });

  test('counts an error response, and one that was not read, as unserved', () => {
    const { open, served, ask } = fourConnections();
    const [first, ...refused] = [served(), open(), open(), open()];
    refused.forEach((client, index) => {
      ask(client)(index === 0 ? 400 : 200, index === 0);
    });
    expect(survivors([first, ...refused, open(), open()])).toEqual([1, 4, 5, 6]);
  });

  test('evicts the least recently used idle connection, and no busy one', () => {
    const { open, served, ask } = fourConnections();
    const clients = [served(), served(), served(), served()];
    const [first, second] = clients;
    if (first === undefined || second === undefined) {
      throw new Error('no client');
    }
    const answer = ask(first);
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 3, 4, 5]);
    answer(200);
    clients.push(open(), open());
    expect(survivors(clients)).toEqual([1, 5, 6, 7]);
  });

  test('evicts a new connection only where all others are busy', () => {
    const { open, served, ask } = fourConnections();
    const clients = [served(), served(), served(), open()];
    clients.slice(0, 3).forEach(ask);
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 2, 3, 5]);
  });

  test('evicts an unserved busy connection before a served one', () => {
    const { open, served, ask } = fourConnections();
    const clients = [served(), served(), open(), open()];
    clients.forEach(ask);
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 2, 4, 5]);
  });

  test('evicts an unserved busy connection where no unserved one is idle', () => {
    const { open, served, ask } = fourConnections();
    const clients = [served(), open(), open(), open()];
    clients.slice(1).forEach((client) => ask(client));
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 3, 4, 5]);
  });

  test('forgets an evicted connection, also when it is answered later', () => {
    const { open, ask } = fourConnections();
    const clients = [open(), open(), open(), open()];
    const answers = clients.map((client) => ask(client));
    clients.push(open());
    answers[0]?.(401);
    clients.push(open(), open());
    expect(survivors(clients)).toEqual([2, 3, 4, 7]);
  });

  test('counts a client that reconnects from the same port, also when the first connection closes later', () => {
    const { open, ask } = fourConnections();
    const first = open();
    const clients = [first, open(), open(), open()];
    clients.forEach((client) => ask(client));
    clients.push(open(), open(1));
    first.emit('close');
    expect(survivors(clients)).toEqual([2, 3, 4, 1]);
    clients.push(open());
    expect(survivors(clients)).toEqual([2, 3, 4, 6]);
  });

  test('evicts the least recently used where all are busy', () => {
    const { open, served, ask } = fourConnections();
    const clients = [served(), served(), served(), served()];
    clients.toReversed().forEach(ask);
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 2, 3, 5]);
  });

  test('evicts none after a connection was closed', () => {
    const { open } = fourConnections();
    const clients = [open(), open(), open(), open()];
    clients[0]?.emit('close');
    clients.push(open());
    expect(survivors(clients)).toEqual([1, 2, 3, 4, 5]);
  });

  test('answers at most ten pipelined requests of a connection', () => {
    const { open, ask, handled } = fourConnections();
    const client = open();
    const answers = Array.from({ length: 10 }, () => ask(client));
    answers[0]?.(200);
    ask(client);
    expect(handled).toHaveLength(11);
    expect(client.destroyed).toBe(false);
    ask(client);
    expect(handled).toHaveLength(11);
    expect(client.destroyed).toBe(true);
  });

  test('does not limit connections of a Unix socket', () => {
    const handled: unknown[] = [];
    const connections = createConnections(1, (request) => handled.push(request));
    const client = new Client(1);
    connections.opened(client);
    const sockets = [new Socket(), new Socket(), client];
    for (const socket of sockets.slice(0, 2)) {
      connections.opened(socket);
      const request = new IncomingMessage(socket);
      connections.handle(request, new ServerResponse(request));
    }
    expect(handled).toHaveLength(2);
    expect(sockets.some(({ destroyed }) => destroyed)).toBe(false);
  });
});

describe('refusePipeline()', () => {
  const request = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';

  test.each([
    [1, true],
    [10, true],
    [11, false],
    [2000, false],
  ])('parses a chunk of %d requests: %s', (count, isParsed) => {
    const socket = new Client(1);
    const parsed: string[] = [];
    socket.on('data', (chunk: Buffer) => parsed.push(chunk.toString()));
    refusePipeline(socket);
    const chunk = request.repeat(count);
    socket.emit('data', Buffer.from(chunk));
    expect(parsed).toEqual([isParsed ? chunk : '\0'.repeat(chunk.length)]);
  });
});
