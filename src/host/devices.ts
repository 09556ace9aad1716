import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

import { ParseError, SourceError } from '../model/errors.ts';
import type { Device, DeviceKind } from '../model/device.ts';
import { parseInteger } from '../parsers/number.ts';
import type { DeviceIdentity, LinuxDevice } from './linux-device.ts';
import { errorCode, sourceErrorFrom } from './system-error.ts';

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

interface Candidate extends Omit<Device, 'name' | 'hasUplink'> {
  readonly rawName: Buffer;
  /** Inode of the device's directory, which differs for another device of the same name. */
  readonly inode: number;
  /** Names of the lower devices, as latin1. */
  readonly lower: readonly string[];
}

/** Kinds whose relevant lower devices may change. */
const stackingKinds: ReadonlySet<DeviceKind> = new Set(['bridge', 'bond']);

/** A present device and its handle. */
interface Known {
  readonly candidate: Candidate;
  readonly label: string;
  readonly hasUplink: boolean;
  readonly handle: LinuxDevice;
}

/**
 * Creates the function that lists the network devices in `/sys/class/net`. Plain files there (`bonding_masters`), and
 * devices that are removed during the listing, are skipped. A device keeps its handle while it exists, even if it is
 * renamed. Its immutable attributes are read once, and the list is the same array while nothing changes.
 *
 * None of these files waits for a lock, so the listing is synchronous.
 *
 * @param directory path of `/sys/class/net/`
 * @see Documentation/ABI/testing/sysfs-class-net
 */
export function createDeviceLister(
  directory: Buffer,
  createHandle: (identity: DeviceIdentity) => LinuxDevice,
): () => readonly LinuxDevice[] {
  /** By interface index. */
  let known: ReadonlyMap<number, Known> = new Map();
  let byName: ReadonlyMap<string, Candidate> = new Map();
  let handles: readonly LinuxDevice[] = [];

  const identify = (candidate: Candidate, label: string, hasUplink: boolean): Known => {
    const { rawName, interfaceIndex, kind, driver, busAddress, pciId } = candidate;
    const previous = known.get(interfaceIndex);
    const identity: DeviceIdentity = {
      rawName,
      device: { name: label, kind, driver, busAddress, pciId, interfaceIndex, hasUplink },
    };
    if (previous?.candidate.inode !== candidate.inode) {
      return { candidate, label, hasUplink, handle: createHandle(identity) };
    }
    if (
      previous.candidate === candidate &&
      previous.label === label &&
      previous.hasUplink === hasUplink
    ) {
      return previous;
    }
    previous.handle.change(identity);
    return { candidate, label, hasUplink, handle: previous.handle };
  };

  return () => {
    const candidates = listNames(directory)
      .toSorted((one, other) => Buffer.compare(one, other))
      .flatMap((name) => {
        const path = Buffer.concat([directory, name]);
        return readCandidate(path, name, byName.get(byteString(name))) ?? [];
      });
    const isSame =
      candidates.length === byName.size &&
      candidates.every((candidate) => byName.get(byteString(candidate.rawName)) === candidate);
    if (!isSame) {
      byName = new Map(candidates.map((candidate) => [byteString(candidate.rawName), candidate]));
      const labels = uniqueLabels(candidates);
      const present = candidates.map((candidate) =>
        identify(
          candidate,
          labels.get(candidate) ?? '',
          reachesPhysical(candidate, byName, new Set()),
        ),
      );
      const previous = known;
      known = new Map(present.map((each) => [each.candidate.interfaceIndex, each]));
      handles = present.map(({ handle }) => handle);
      for (const [index, { handle }] of previous) {
        if (known.get(index)?.handle !== handle) {
          handle.close();
        }
      }
    }
    return handles;
  };
}

/** @throws {SourceError} when the directory cannot be read. */
function listNames(path: Buffer): readonly Buffer[] {
  try {
    return readdirSync(path, { encoding: 'buffer' });
  } catch (error) {
    throw sourceErrorFrom(error, path.toString());
  }
}

function readCandidate(
  path: Buffer,
  rawName: Buffer,
  known: Candidate | undefined,
): Candidate | undefined {
  const attribute = (name: string): Buffer => Buffer.concat([path, Buffer.from(`/${name}`)]);
  try {
    const inode = statSync(path).ino;
    if (known?.inode === inode) {
      return stackingKinds.has(known.kind) ? withLower(known, readLower(path)) : known;
    }
    const interfaceIndex = parseInteger(readFileSync(attribute('ifindex'), 'latin1'));
    const type = /^DEVTYPE=(.*)$/m.exec(readFileSync(attribute('uevent'), 'latin1'))?.[1] ?? '';
    const busAddress = readLinkName(attribute('device'));
    const virtual = virtualKinds[type];
    return {
      rawName,
      inode,
      kind: busAddress === undefined ? (virtual?.kind ?? 'virtual') : 'physical',
      driver: busAddress === undefined ? virtual?.driver : readLinkName(attribute('device/driver')),
      busAddress,
      pciId: busAddress === undefined ? undefined : readPciId(attribute('device'), busAddress),
      interfaceIndex,
      lower: readLower(path),
    };
  } catch (error) {
    // A device that cannot be identified must not hide the others.
    if (
      error instanceof SourceError ||
      error instanceof ParseError ||
      errorCode(error) !== undefined
    ) {
      return undefined;
    }
    throw error;
  }
}

/** A PCI address: domain, bus, slot and function. Other buses have attributes of the same names. */
const pciAddress = /^[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;

/**
 * Vendor and device ID of a PCI device, `8086:1572`; undefined for another bus, or if one cannot be read, which must not
 * cost the device.
 *
 * @see Documentation/ABI/testing/sysfs-bus-pci
 */
function readPciId(path: Buffer, busAddress: string): string | undefined {
  if (!pciAddress.test(busAddress)) {
    return undefined;
  }
  try {
    const [vendor, device] = ['/vendor', '/device'].map((name) => {
      const text = readFileSync(Buffer.concat([path, Buffer.from(name)]), 'latin1');
      return /^0x([\da-f]{4})\n?$/i.exec(text)?.[1]?.toLowerCase();
    });
    return vendor === undefined || device === undefined ? undefined : `${vendor}:${device}`;
  } catch {
    return undefined;
  }
}

function withLower(candidate: Candidate, lower: readonly string[]): Candidate {
  return lower.join('/') === candidate.lower.join('/') ? candidate : { ...candidate, lower };
}

function readLower(path: Buffer): readonly string[] {
  const prefix = 'lower_';
  return listNames(path)
    .map(byteString)
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length));
}

/** Last component of a symbolic link's target; undefined if there is no link. */
function readLinkName(path: Buffer): string | undefined {
  try {
    const target = readlinkSync(path);
    return target.slice(target.lastIndexOf('/') + 1);
  } catch {
    return undefined;
  }
}

function byteString(name: Buffer): string {
  return name.toString('latin1');
}

/** Names as labels: invalid UTF-8 is replaced, and the interface index disambiguates duplicates. */
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
