import type { DeviceIdentity } from '../model/declaration.ts';
import { matchesGlob } from '../parsers/glob.ts';
import type { UdevRule, UdevToken } from '../parsers/udev-rules.ts';

/** The assumed initial name of a device that was renamed. */
const earlierName = 'eth0';

/** A uevent of a device: `add` with its initial name, and `move` when udev renames it. */
export interface UdevEvent {
  readonly action: 'add' | 'move';
  readonly device: DeviceIdentity;
  readonly kernelName: string;
}

/** The uevents of a device when it appears. */
export function eventsOf(device: DeviceIdentity): readonly UdevEvent[] {
  const kernelName = device.kernelName ?? earlierName;
  return kernelName === device.name
    ? [{ action: 'add', device, kernelName }]
    : [
        { action: 'add', device, kernelName },
        { action: 'move', device, kernelName: device.name },
      ];
}

const assignments = new Set([
  'RUN',
  'NAME',
  'LABEL',
  'GOTO',
  'OPTIONS',
  'TAG',
  'SYMLINK',
  'MODE',
  'OWNER',
  'GROUP',
]);

/** Whether a rule matches an event; undefined if only udev knows. */
export function matchesEvent({ tokens }: UdevRule, event: UdevEvent): boolean | undefined {
  const verdicts = new Set(
    tokens
      .filter(
        ({ key, operator }) => operator === '==' || operator === '!=' || !assignments.has(key),
      )
      .map((token) => compareToken(token, event)),
  );
  return verdicts.has(false) ? false : verdicts.has(undefined) ? undefined : true;
}

function compareToken(token: UdevToken, event: UdevEvent): boolean | undefined {
  const { key, operator, value, isCaseInsensitive } = token;
  const fold = (text: string): string => (isCaseInsensitive ? text.toLowerCase() : text);
  if (key === 'ENV' && operator !== '==' && operator !== '!=') {
    return true;
  }
  const texts = textsOf(token, event);
  if (texts === undefined) {
    return undefined;
  }
  const isMatched = value
    .split('|')
    .some((pattern) =>
      texts.some((text) => text !== undefined && matchesGlob(fold(pattern), fold(text))),
    );
  return isMatched === (operator === '==');
}

/** The value that a key is compared with; undefined if only udev knows. */
function textsOf(
  { key, attribute }: UdevToken,
  { action, device, kernelName }: UdevEvent,
): readonly (string | undefined)[] | undefined {
  const { busAddress, driver, macAddress } = device;
  switch (key) {
    case 'ACTION':
      return [action];
    case 'SUBSYSTEM':
      return ['net'];
    case 'SUBSYSTEMS':
      return ['net', busAddress === undefined ? undefined : 'pci'];
    case 'KERNEL':
      return [kernelName];
    case 'KERNELS':
      return [kernelName, busAddress];
    case 'DRIVERS':
      // The driver of a parent.
      return [busAddress === undefined ? undefined : driver];
    case 'NAME':
      return [device.name];
    case 'ATTR':
    case 'ATTRS':
      return attribute === 'address' ? [macAddress] : undefined;
    case 'ENV':
      return environmentTexts(attribute, { device, kernelName });
    default:
      return undefined;
  }
}

function environmentTexts(
  name: string | undefined,
  { device, kernelName }: { readonly device: DeviceIdentity; readonly kernelName: string },
): readonly (string | undefined)[] | undefined {
  switch (name) {
    case 'INTERFACE':
      return [kernelName];
    case 'ID_NET_DRIVER':
      return [device.driver];
    case 'DEVTYPE':
      return device.type === 'ether' ? [''] : [device.type];
    case 'ID_BUS':
      return [device.busAddress === undefined ? undefined : 'pci'];
    default:
      return undefined;
  }
}
