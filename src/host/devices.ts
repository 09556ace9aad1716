import { isUtf8 } from 'node:buffer';

import { ParseError, SourceError } from '../model/errors.ts';
import type { Device, DeviceKind } from '../model/device.ts';
import { parseInteger } from '../parsers/number.ts';
import { listNames, readLinkName, readSmallFile } from './sysfs.ts';

/** A device and the bytes of its name, where these are not UTF-8 and a string cannot carry them. */
export interface FoundDevice {
  readonly device: Device;
  readonly rawName: Buffer;
}

/** `DEVTYPE=` of a device's uevent, and the driver behind it as `ethtool -i` names it. */
const virtualKinds: Readonly<
  Record<string, { readonly kind: DeviceKind; readonly driver: string }>
> = {
  vxlan: { kind: 'vxlan', driver: 'vxlan' },
  geneve: { kind: 'geneve', driver: 'geneve' },
  bond: { kind: 'bond', driver: 'bonding' },
  bridge: { kind: 'bridge', driver: 'bridge' },
  vlan: { kind: 'vlan', driver: '802.1Q VLAN Support' },
};

interface Candidate {
  readonly rawName: Buffer;
  readonly kind: DeviceKind;
  readonly driver: string | undefined;
  readonly busAddress: string | undefined;
  readonly interfaceIndex: number;
  /** Names of the devices below this one, in a form that maps bytes to characters one to one. */
  readonly lower: readonly string[];
}

/**
 * Finds the network devices in `/sys/class/net`. Plain files there (`bonding_masters`) are no devices, and one that
 * goes away while it is read is left out.
 *
 * @throws {SourceError} when the directory cannot be read.
 * @see Documentation/ABI/testing/sysfs-class-net
 */
export async function findDevices(sysfs: string): Promise<readonly FoundDevice[]> {
  const directory = Buffer.from(`${sysfs}/class/net/`);
  const names = await listNames(directory);
  const candidates = (
    await Promise.all(names.map((name) => readCandidate(Buffer.concat([directory, name]), name)))
  ).filter((candidate) => candidate !== undefined);
  const byName = new Map(candidates.map((candidate) => [byteString(candidate.rawName), candidate]));
  const labels = uniqueLabels(candidates);
  return candidates.map((candidate) => ({
    rawName: candidate.rawName,
    device: {
      name: labels.get(candidate) ?? '',
      kind: candidate.kind,
      driver: candidate.driver,
      busAddress: candidate.busAddress,
      interfaceIndex: candidate.interfaceIndex,
      hasUplink: reachesPhysical(candidate, byName, new Set()),
    },
  }));
}

async function readCandidate(path: Buffer, rawName: Buffer): Promise<Candidate | undefined> {
  const attribute = (name: string): Buffer => Buffer.concat([path, Buffer.from(`/${name}`)]);
  try {
    const [interfaceIndex, uevent, busAddress, driver, entries] = await Promise.all([
      readSmallFile(attribute('ifindex')),
      readSmallFile(attribute('uevent')),
      readLinkName(attribute('device')),
      readLinkName(attribute('device/driver')),
      listNames(path),
    ]);
    const virtual = virtualKinds[/^DEVTYPE=(.*)$/m.exec(uevent)?.[1] ?? ''];
    return {
      rawName,
      kind: busAddress === undefined ? (virtual?.kind ?? 'virtual') : 'physical',
      driver: busAddress === undefined ? virtual?.driver : driver,
      busAddress,
      interfaceIndex: parseInteger(interfaceIndex),
      lower: entries
        .map(byteString)
        .filter((entry) => entry.startsWith('lower_'))
        .map((entry) => entry.slice('lower_'.length)),
    };
  } catch (error) {
    // A device that cannot be identified must not hide the others.
    if (error instanceof SourceError || error instanceof ParseError) {
      return undefined;
    }
    throw error;
  }
}

function byteString(name: Buffer): string {
  return name.toString('latin1');
}

/** Names as labels: bytes that are not UTF-8 are replaced, and where that makes two alike, the index tells them apart. */
function uniqueLabels(candidates: readonly Candidate[]): ReadonlyMap<Candidate, string> {
  const taken = new Set<string>();
  const labels = new Map<Candidate, string>();
  const validFirst = candidates.toSorted(
    (one, other) => Number(isUtf8(other.rawName)) - Number(isUtf8(one.rawName)),
  );
  for (const candidate of validFirst) {
    const name = candidate.rawName.toString('utf8');
    const label = taken.has(name) ? `${name}#${candidate.interfaceIndex}` : name;
    taken.add(label);
    labels.set(candidate, label);
  }
  return labels;
}

function reachesPhysical(
  candidate: Candidate,
  byName: ReadonlyMap<string, Candidate>,
  visited: Set<Candidate>,
): boolean {
  if (candidate.kind === 'physical') {
    return true;
  }
  if (visited.has(candidate)) {
    return false;
  }
  visited.add(candidate);
  return candidate.lower.some((name) => {
    const lower = byName.get(name);
    return lower !== undefined && reachesPhysical(lower, byName, visited);
  });
}
