import process from 'node:process';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import runbooks from '../../runbooks.json' with { type: 'json' };
import type { Host } from '../../src/host/host.ts';
import { startAgent } from '../support/agent-process.ts';
import { startBrowser } from '../support/browser.ts';
import { kernelRecord } from '../support/kernel-record.ts';
import { createNamespace } from '../support/netns.ts';
import { overrideDevices } from '../support/override-devices.ts';
import { createRecordedHost } from '../support/recorded-host.ts';
import { commandProblem, namespaceProblem, skipNote } from '../support/requirements.ts';
import { serveStatus } from '../support/status-server.ts';
import type { StatusServer } from '../support/status-server.ts';

const problem = commandProblem('chromium');
const namespaceIssue = namespaceProblem('ethtool');
/** The kernel takes anything of 15 bytes but white space, a slash and a colon. */
const hostileName = `'"><script>x`;
const hostileText = `Dead loop on virtual device ${hostileName}, fix it urgently! <script>document.title='owned'</script><img src=x onerror=alert(1)> \u202Etxt`;

/** Writes the screenshots of the documentation: `NICWATCH_SCREENSHOTS=1 npx vitest run test/integration/status-page.test.ts`. */
const screenshots = process.env['NICWATCH_SCREENSHOTS'] === '1';

describe.skipIf(problem !== undefined)(`the status page${skipNote(problem)}`, () => {
  let browser: Browser;
  let server: StatusServer;

  beforeAll(async () => {
    server = await serveStatus(recordedHost(), ['--device.include=eno1|enp6s0|ens192|vx42|bond0']);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /** Opens the page and tells what the browser complained of. */
  async function open(
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
    page.on('request', (request) => {
      if (request.url() !== `${url}/`) {
        complaints.push(`request ${request.url()}`);
      }
    });
    await page.goto(`${url}/`);
    return { page, complaints };
  }

  test.each(['light', 'dark'] as const)(
    'is readable and accessible in %s, without browser errors',
    async (colorScheme) => {
      const { page, complaints } = await open(server.url, {
        colorScheme,
        viewport: { width: 1200, height: 1000 },
      });
      expect(complaints).toEqual([]);
      expect(await accessibilityFindings(server.url, colorScheme)).toEqual([]);
      if (screenshots) {
        await page.screenshot({
          path: fileURLToPath(
            new URL(`../../docs/status-page-${colorScheme}.png`, import.meta.url),
          ),
        });
      }
    },
  );

  test.each([360, 390])(
    'shows state and event text on a phone of %d px without horizontal scrolling',
    async (width) => {
      const viewport = { width, height: 740 };
      const { page } = await open(server.url, { viewport });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const device = page.getByRole('row').filter({ has: page.locator('a[href="#device-eno1"]') });
      const event = page.getByRole('row').filter({ hasText: 'Reset adapter unexpectedly' });
      for (const locator of [
        device.first().getByText('hangs'),
        event.first().getByText('Reset adapter unexpectedly'),
        event.first().getByText('4 s ago'),
      ]) {
        const box = await locator.boundingBox();
        expect(box?.width).toBeGreaterThan(0);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
      }
      expect(
        await page.evaluate(
          `[...document.querySelectorAll('.table')].filter((table) => table.scrollWidth > table.clientWidth).length`,
        ),
      ).toBe(0);
      expect(await accessibilityFindings(server.url, 'light', viewport)).toEqual([]);
    },
  );

  async function accessibilityFindings(
    url: string,
    colorScheme: 'light' | 'dark',
    viewport = { width: 1280, height: 720 },
  ): Promise<readonly string[]> {
    // The policy of the page keeps out axe's script too.
    const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`${url}/`);
    await page.addScriptTag({ content: axe.source });
    const { violations }: AxeResults = await page.evaluate('axe.run()');
    await context.close();
    return violations
      .filter(({ impact }) => impact !== 'minor')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  test('shows a hang, its device, the known issue and the kernel message', async () => {
    const { page } = await open(server.url);
    const text = await page.locator('main').innerText();
    expect(text).toContain('eno1');
    expect(text).toContain('Detected Hardware Unit Hang');
    expect(text).toContain('e1000e-tx-hang-tso');
    expect(text).toContain('ethtool -K eno1 tso off gso off gro off');
  });

  test('shows host name and times, and links to the runbooks', async () => {
    const { page } = await open(server.url);
    expect(await page.title()).toBe('node-7 · nicwatch');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('node-7');
    expect(await page.locator('header').innerText()).toContain('as of 2026-11-20 03:34:50 UTC');
    const verdict = page.locator('.verdict');
    expect(await verdict.getByRole('heading').innerText()).toBe('Needs attention');
    expect(await verdict.innerText()).toContain(
      'eno1: The kernel logged unit_hang 9 times since boot. Last: 2026-11-20 03:34:40 UTC (9 s ago). Runbook NICHardwareUnitHang',
    );
    const findings = verdict.getByRole('listitem');
    const links = await findings.getByRole('link').all();
    expect(links).toHaveLength(await findings.count());
    expect(await links[0]?.getAttribute('href')).toBe(`${runbooks.address}/NICHangActive.md`);
  });

  test('shows a hostile host name as text', async () => {
    const hostile = await serveStatus(recordedHost(), [], {
      hostname: '</title><script>x</script>',
    });
    const { page, complaints } = await open(hostile.url);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe('</title><script>x</script> · nicwatch');
    expect(await page.locator('script').count()).toBe(0);
    await hostile.close();
  });

  test('is usable by keyboard, without scripts', async () => {
    const { page } = await open(server.url, { javaScriptEnabled: false });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url(), { timeout: 10_000 }).toBe(`${server.url}/#main`);
    await page.locator('a[href="#device-eno1"]').first().focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url(), { timeout: 10_000 }).toBe(`${server.url}/#device-eno1`);
  });

  test('shows a hostile device and a hostile kernel line as text', async () => {
    const hostile = await serveStatus(hostileHost(), [`--device.include=.*script.*`]);
    const { page, complaints } = await open(hostile.url);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe('node-7 · nicwatch');
    expect(await page.locator('script, svg, img, iframe, [onload], [onerror]').count()).toBe(0);
    const text = await page.locator('main').innerText();
    expect(text).toContain(hostileName);
    expect(text).toContain("<script>document.title='owned'</script>");
    expect(text).toContain(String.raw`\u202etxt`);
    expect(await page.locator('.device summary bdi').allInnerTexts()).toContain(hostileName);
    await hostile.close();
  });
});

describe.skipIf(namespaceIssue !== undefined)(
  `a device of a hostile name${skipNote(namespaceIssue)}`,
  () => {
    test('is shown as text, and its link works', async () => {
      const namespace = await createNamespace();
      try {
        await namespace.ip(`link add ${hostileName} type veth peer name other`);
        const agent = await startAgent({ namespace, flags: ['--device.include=.*script.*'] });
        const [page, json] = [await agent.fetch('/'), await agent.fetch('/api/v1/status')];
        await agent.stop();
        const id = `device-${encodeURIComponent(hostileName).replace("'", '&#39;')}`;
        expect(page.text).not.toContain('<script');
        expect(page.text).toContain('<bdi class="name">&#39;&#34;&#62;&#60;script&#62;x</bdi>');
        expect(page.text).toContain(`<a href="#${id}">`);
        expect(page.text).toContain(`id="${id}"`);
        expect(JSON.parse(json.text).data.devices[0].name).toBe(hostileName);
      } finally {
        await namespace.delete();
      }
    });
  },
);

function recordedHost(): Host {
  return createRecordedHost('debian-6.12.95-qemu', {
    kernelLog: 'hang-eno1-persist',
    // Ten seconds after its last hang record.
    now: new Date('2026-11-20T03:34:50Z'),
  });
}

/** The recorded host, one of whose devices somebody has renamed, and a kernel log that tells of it. */
function hostileHost(): Host {
  const host = recordedHost();
  return {
    ...overrideDevices(host, ({ name }) => (name === 'vx42' ? { name: hostileName } : {})),
    kernelLog: async function* () {
      yield { caughtUp: true, records: [kernelRecord(hostileText)] };
    },
  };
}
