import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { dashboards } from '../dashboards/index.ts';
import { commandProblem, skipNote } from './support/requirements.ts';
import { alertsFolder } from './support/rules.ts';
import { listAt, stringsAt, valueAt } from './support/value-at.ts';

const deploy = new URL('../deploy/', import.meta.url).pathname;
const compose = read('compose.yaml');
const services = Object.keys(stringsAt(compose, 'services'));
const promtoolProblem = commandProblem('promtool');
const amtoolProblem = commandProblem('amtool');

describe('deploy/compose.yaml', () => {
  test('starts the agent and what shows it, none of them of an unnamed version', () => {
    expect(services).toEqual(['nicwatch', 'prometheus', 'alertmanager', 'grafana']);
    for (const service of services.slice(1)) {
      expect(valueAt(compose, 'services', service, 'image')).toMatch(/^[\w/]+:v?\d+\.\d+\.\d+$/);
    }
    expect(
      existsSync(
        join(deploy, String(valueAt(compose, 'services', 'nicwatch', 'build')), 'Dockerfile'),
      ),
    ).toBe(true);
  });

  test.each(services)('mounts into %s what is there, or a volume it declares', (service) => {
    const volumes = Object.keys(stringsAt(compose, 'volumes'));
    const mounts = mountsOf(service);
    expect(mounts).not.toEqual([]);
    for (const { source, isReadOnly } of mounts) {
      const isVolume = volumes.includes(source);
      expect(
        isVolume || existsSync(join(source.startsWith('/') ? '/' : deploy, source)),
        source,
      ).toBe(true);
      expect(isReadOnly, source).toBe(!isVolume);
    }
  });

  test('opens ports on localhost only', () => {
    const ports = services.flatMap((service) => listAt(compose, 'services', service, 'ports'));
    expect(ports).not.toEqual([]);
    for (const port of ports) {
      expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    }
  });

  test('gives Grafana the dashboards where its provisioning looks for them', () => {
    const [provider] = listAt(read('grafana/provisioning/dashboards/nicwatch.yaml'), 'providers');
    const path = valueAt(provider, 'options', 'path');
    const mount = mountsOf('grafana').find(({ target }) => target === path);
    const found = readdirSync(join(deploy, mount?.source ?? '')).filter((file) =>
      file.endsWith('.json'),
    );
    expect(new Set(found)).toEqual(new Set(Object.keys(dashboards).map((name) => `${name}.json`)));
    const home = valueAt(
      compose,
      'services',
      'grafana',
      'environment',
      'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
    );
    expect(home).toBe(`${String(path)}/fleet.json`);
  });

  test('queries the Prometheus it starts, at its scrape interval', () => {
    const [source] = listAt(read('grafana/provisioning/datasources/nicwatch.yaml'), 'datasources');
    expect(valueAt(source, 'url')).toBe('http://prometheus:9090');
    expect(valueAt(source, 'jsonData', 'timeInterval')).toBe(
      valueAt(read('compose/prometheus.yaml'), 'global', 'scrape_interval'),
    );
  });

  test(`scrapes under the labels that rules and dashboards need`, () => {
    const [scrape] = listAt(read('compose/prometheus.yaml'), 'scrape_configs');
    const [target] = listAt(scrape, 'static_configs');
    expect(valueAt(scrape, 'job_name')).toBe('nicwatch');
    expect(stringsAt(target, 'labels')).toHaveProperty('node');
  });

  test.skipIf(promtoolProblem !== undefined)(
    `has a configuration that Prometheus takes${skipNote(promtoolProblem)}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'nicwatch-compose-'));
      try {
        cpSync(`${deploy}compose/prometheus.yaml`, `${folder}/prometheus.yml`);
        mkdirSync(`${folder}/rules`);
        cpSync(alertsFolder, `${folder}/rules`, { recursive: true });
        const { stdout } = await execa('promtool', ['check', 'config', `${folder}/prometheus.yml`]);
        expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test.skipIf(amtoolProblem !== undefined)(
    `has a configuration that Alertmanager takes${skipNote(amtoolProblem)}`,
    async () => {
      const { stdout } = await execa('amtool', [
        'check-config',
        `${deploy}compose/alertmanager.yaml`,
      ]);
      expect(stdout).toContain('SUCCESS');
    },
  );
});

function read(file: string): unknown {
  return parse(readFileSync(join(deploy, file), 'utf8'));
}

function mountsOf(service: string) {
  return listAt(compose, 'services', service, 'volumes').map((mount) => {
    const [source = '', target = '', mode] = String(mount).split(':');
    return { source, target, isReadOnly: mode === 'ro' };
  });
}
