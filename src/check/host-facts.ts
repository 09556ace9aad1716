import { hostname } from 'node:os';

import type { Installed } from '../declared/predict.ts';
import type { Host } from '../host/host.ts';
import type { NetworkConfig } from '../host/network-config.ts';
import type { CheckedHost } from '../model/check-report.ts';
import { SourceError } from '../model/errors.ts';

interface HostFactsOptions {
  readonly config: NetworkConfig;
  readonly installed: Installed;
}

/** Reads the properties of the host, and what configures its network; unreadable values are absent. */
export async function hostFacts(
  host: Pick<Host, 'readFile' | 'readRootFile' | 'now'>,
  { config, installed }: HostFactsOptions,
): Promise<CheckedHost> {
  const [release, packages, name, kernel, bootId, stat] = await Promise.all([
    optional(host.readRootFile('/etc/os-release')),
    optional(host.readRootFile('/var/lib/dpkg/status')),
    optional(host.readRootFile('/etc/hostname')),
    optional(host.readFile('/proc/sys/kernel/osrelease')),
    optional(host.readFile('/proc/sys/kernel/random/boot_id')),
    optional(host.readFile('/proc/stat')),
  ]);
  const booted = Number(/^btime (\d+)$/m.exec(stat ?? '')?.[1]);
  const os = osName(release, packages);
  return {
    name: name ?? hostname(),
    ...(os === undefined ? {} : { os }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(bootId === undefined ? {} : { bootId }),
    ...(Number.isNaN(booted)
      ? {}
      : { uptimeSeconds: Math.max(0, host.now().getTime() / 1000 - booted) }),
    networkConfigurers: configurers(config, installed).map((configurer) => {
      const version = packageVersion(packages, packageNames[configurer] ?? configurer);
      return { name: configurer, ...(version === undefined ? {} : { version }) };
    }),
  };
}

const packageNames: Readonly<Record<string, string>> = { NetworkManager: 'network-manager' };

/** The systems with configuration files, in the usual order. */
function configurers({ files }: NetworkConfig, installed: Installed): readonly string[] {
  const has = (pattern: RegExp): boolean => [...files.keys()].some((path) => pattern.test(path));
  const interfaces = files.get('/etc/network/interfaces')?.text ?? '';
  const hasStanza =
    /^\s*iface (?!lo\b)/m.test(interfaces) || has(/^\/etc\/network\/interfaces\.d\//);
  return [
    ...(installed.ifupdown !== undefined && hasStanza ? [installed.ifupdown] : []),
    ...(has(/\/netplan\/[^/]+\.yaml$/) ? ['netplan'] : []),
    ...(has(/^\/(?:etc|run)\/systemd\/network\/[^/]+\.network$/) ? ['systemd-networkd'] : []),
    ...(installed.networkManager && has(/\/(?:system-connections|NetworkManager\/devices)\//)
      ? ['NetworkManager']
      : []),
    ...(has(/^\/etc\/sysconfig\/network\/ifcfg-(?!lo$)/) ? ['wicked'] : []),
    ...(has(/^\/etc\/sysconfig\/network-scripts\/ifcfg-(?!lo$)/) ? ['ifcfg files'] : []),
  ];
}

function osName(release: string | undefined, packages: string | undefined): string | undefined {
  const field = (key: string): string | undefined =>
    new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release ?? '')?.[1];
  const proxmox = packageVersion(packages, 'pve-manager');
  if (proxmox !== undefined) {
    return `Proxmox VE ${proxmox.split('.').slice(0, 2).join('.')}`;
  }
  const name = field('NAME')?.replace(' GNU/Linux', '');
  return name === undefined ? undefined : [name, field('VERSION_ID') ?? ''].join(' ').trim();
}

/** The upstream version, without epoch and Debian revision. */
function packageVersion(packages: string | undefined, name: string): string | undefined {
  const start =
    packages?.startsWith(`Package: ${name}\n`) === true
      ? 0
      : (packages?.indexOf(`\nPackage: ${name}\n`) ?? -1);
  if (packages === undefined || start < 0) {
    return undefined;
  }
  const entry = packages.slice(start + 1, packages.indexOf('\n\n', start + 1) >>> 0);
  return /^Status: install ok installed$/m.test(entry)
    ? /^Version: (?:\d+:)?([^-+\n]+)/m.exec(entry)?.[1]
    : undefined;
}

async function optional(reading: Promise<string>): Promise<string | undefined> {
  try {
    return (await reading).trim();
  } catch (error) {
    if (error instanceof SourceError) {
      return undefined;
    }
    throw error;
  }
}
