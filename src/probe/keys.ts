import { createHmac } from 'node:crypto';

/** The keys of one connection, one per purpose, so that a frame is only valid for its purpose. */
export interface SessionKeys {
  readonly client: Buffer;
  readonly server: Buffer;
  readonly datagrams: Buffer;
}

/** The nonces of both sides. */
export interface Nonces {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** The key of a hello, before any nonce is agreed on. */
export function helloKey(secret: Buffer): Buffer {
  return derive(secret, 'hello');
}

/** The keys of a connection. */
export function sessionKeys(secret: Buffer, { client, server }: Nonces): SessionKeys {
  const keyFor = (purpose: string): Buffer => derive(secret, purpose, client, server);
  return {
    client: keyFor('client'),
    server: keyFor('server'),
    datagrams: keyFor('datagrams'),
  };
}

function derive(secret: Buffer, purpose: string, ...nonces: readonly Buffer[]): Buffer {
  const hmac = createHmac('sha256', secret).update(`nicwatch probe ${purpose}\0`);
  for (const nonce of nonces) {
    hmac.update(nonce);
  }
  return hmac.digest();
}
