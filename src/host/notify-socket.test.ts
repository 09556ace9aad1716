import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openLibc } from './libc.ts';
import { createNotifySocket } from './notify-socket.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nicwatch-notify-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Listens as systemd does, and returns the messages received. */
async function receivedOn(
  path: string,
  send: (notify: ReturnType<typeof createNotifySocket>) => void,
): Promise<string> {
  const libc = await openLibc();
  const descriptor = libc.socket(1, 0o2000002, 0);
  if (typeof descriptor === 'string') {
    throw new Error(descriptor);
  }
  try {
    const address = Buffer.concat([Buffer.from(new Uint16Array([1]).buffer), Buffer.from(path)]);
    expect(libc.bind(descriptor, address)).toBeUndefined();
    send(createNotifySocket(libc));
    const buffer = Buffer.alloc(64);
    const length = libc.receive(descriptor, buffer);
    return typeof length === 'string' ? length : buffer.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

describe('createNotifySocket()', () => {
  test('sends a message to a socket in the file system', async () => {
    const path = join(directory, 'notify');
    const received = await receivedOn(`${path}\0`, (notify) => {
      notify(path, 'READY=1');
    });
    expect(received).toBe('READY=1');
  });

  test('sends a message to an abstract socket', async () => {
    const name = `nicwatch-test-${process.pid}`;
    const received = await receivedOn(`\0${name}`, (notify) => {
      notify(`@${name}`, 'WATCHDOG=1');
    });
    expect(received).toBe('WATCHDOG=1');
  });

  test.each([
    ['nobody listens', 'nothing', 'sd_notify READY=1: ".*nothing": ENOENT'],
    ['the path is too long', 'x'.repeat(108), 'socket path too long: ".*x"'],
  ])('reports that %s', async (_what, name, message) => {
    const notify = createNotifySocket(await openLibc());
    expect(() => {
      notify(join(directory, name), 'READY=1');
    }).toThrow(new RegExp(`^${message}$`));
  });
});
