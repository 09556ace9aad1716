import { createServer } from 'node:http';
import { once } from 'node:events';

import { describe, expect, test } from 'vitest';

import { SourceError } from '../model/errors.ts';
import { agentChecks } from './agent-check.ts';

const unit = '/etc/systemd/system/multi-user.target.wants/nicwatch.service';
const status = {
  version: '1.2.3',
  statePersistent: true,
  kernelLog: [{ up: false }, { up: true }],
  collectors: [{ name: 'device', success: true }],
};

function host(files: Readonly<Record<string, string>> = {}) {
  return {
    readRootFile: async (path: string) => {
      const text = files[path];
      if (text === undefined) {
        throw new SourceError('absent', 'there is none');
      }
      return text;
    },
  };
}

function network(isEnabled: boolean) {
  const file = { path: unit, text: '', mode: 0, signature: '' };
  return { files: new Map(isEnabled ? [[unit, file]] : []) };
}

function answering(agent: object, ready = 200) {
  return async (url: string) =>
    url.endsWith('/-/ready')
      ? { status: ready, text: '' }
      : { status: 200, text: JSON.stringify({ data: { agent } }) };
}

async function refused(): Promise<never> {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  throw new Error('fetch failed', { cause });
}

describe('agentChecks()', () => {
  test('says which version runs, and where', async () => {
    const checks = await agentChecks(host(), network(true), answering(status));
    expect(checks).toMatchObject([
      { result: 'ok', headline: 'the agent 1.2.3 runs at http://127.0.0.1:10140' },
    ]);
  });

  test.each([
    ['cannot read the kernel log', { ...status, kernelLog: [{ up: false }] }, 200],
    ['collectors fail: wire', { ...status, collectors: [{ name: 'wire', success: false }] }, 200],
    ['state directory cannot be written', { ...status, statePersistent: false }, 200],
    ['is not ready', status, 503],
  ])('warns where it %s', async (words, agent, ready) => {
    const [check] = await agentChecks(host(), network(true), answering(agent, ready));
    expect(check?.result).toBe('warning');
    expect(check?.evidence[0]?.text).toContain(words);
  });

  test('warns where it is enabled and does not run', async () => {
    const [check] = await agentChecks(host(), network(true), refused);
    expect(check).toMatchObject({ result: 'warning', read: 'docs/runbooks/NICWatchDown.md' });
  });

  test('says nothing where there is none', async () => {
    expect(await agentChecks(host(), network(false), refused)).toEqual([]);
  });

  test.each([
    [{ status: 401, text: '' }, 'tells its status only who may ask'],
    [{ status: 200, text: '<html>' }, 'tells its status only who may ask'],
  ])('takes the answer %j for no finding', async (answer, words) => {
    const [check] = await agentChecks(host(), network(true), async () => answer);
    expect(check?.result).toBe('info');
    expect(check?.headline).toContain(words);
  });

  test.each([
    [
      '/etc/default/nicwatch',
      '# ARGS="--web.listen-address=:1"\nARGS="--web.listen-address=:9999"\n',
      'http://127.0.0.1:9999',
    ],
    ['/etc/default/nicwatch', 'ARGS="--web.listen-address=[::1]:9999"\n', 'http://[::1]:9999'],
    [
      '/etc/systemd/system/nicwatch.socket',
      '[Socket]\nListenStream=192.0.2.1:80\n',
      'http://192.0.2.1:80',
    ],
    ['/etc/default/nicwatch', 'ARGS="--web.listen-address=nonsense"\n', 'http://127.0.0.1:10140'],
  ])('finds its address in %s: %j', async (path, text, url) => {
    const asked: string[] = [];
    await agentChecks(host({ [path]: text }), network(true), async (address) => {
      asked.push(address);
      return { status: 404, text: '' };
    });
    expect(asked).toEqual([`${url}/api/v1/status`, `${url}/-/ready`]);
  });

  test('asks a server, and waits for no endless answer', async () => {
    const server = createServer((_request, response) => {
      response.write(JSON.stringify({ data: { agent: status } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const flags = { '/etc/default/nicwatch': `--web.listen-address=127.0.0.1:${port}` };
    const [check] = await agentChecks(host(flags), network(true));
    expect(check).toMatchObject({ id: 'agent', result: 'info' });
    server.closeAllConnections();
    server.close();
  });
});
