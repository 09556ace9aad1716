import type { Config } from '../config/config.ts';
import type { CheckedDevice } from '../model/check-report.ts';
import type { DeviceStatus, Status } from '../model/status.ts';
import { counterChecksOf } from './counter-checks.ts';
import { declaredChecks } from './declared-checks.ts';
import { factsOf, remedyOf, tunnelsOn } from './device-facts.ts';
import type { Subject } from './device-facts.ts';
import { eventChecksOf, hasHung } from './event-checks.ts';
import { linkChecksOf } from './link-check.ts';
import { modelName } from './model-name.ts';

/**
 * Says who a device is, and makes all checks of it.
 *
 * @param link what `ethtool DEVICE` printed; undefined where it was not asked
 */
export function checkDevice(
  device: DeviceStatus,
  subject: Subject,
  link: string | undefined,
): CheckedDevice {
  const { host, input, first, last, previousBoot } = subject;
  const identity = input.devices.find(({ name }) => name === device.name);
  const hung = hasHung(device, { status: last, previousBoot });
  const facts = identity && factsOf(device, identity, { subject, hung });
  const offloads = facts === undefined ? [] : declaredChecks(facts);
  const checks = [
    ...eventChecksOf(device, {
      status: last,
      previousBoot,
      logProblem: logProblemOf(last, subject.config),
      remedy: facts && remedyOf(facts, offloads),
    }),
    ...counterChecksOf(device, { first, last }),
    ...linkChecksOf(link),
    ...offloads,
  ];
  const model = modelName(
    subject.network.files.get(`/run/udev/data/n${identity?.interfaceIndex}`)?.text,
  );
  return {
    name: device.name,
    ...(device.driver === '' ? {} : { driver: device.driver }),
    ...(model === undefined ? {} : { model }),
    ...(device.firmwareVersion === '' ? {} : { firmwareVersion: device.firmwareVersion }),
    ...(device.busAddress === '' ? {} : { busAddress: device.busAddress }),
    ...(device.speedBitsPerSecond === undefined
      ? {}
      : { speedBitsPerSecond: device.speedBitsPerSecond }),
    ifindex: identity?.interfaceIndex ?? 0,
    ...(identity?.master === undefined ? {} : { master: identity.master }),
    tunnels: tunnelsOn(device.name, host),
    checks,
  };
}

/** Why the kernel log could not be read from any source. */
function logProblemOf(
  { agent: { kernelLog } }: Status,
  { kernelLogSource }: Config,
): string | undefined {
  if (kernelLogSource === 'none') {
    return 'the kernel log was not asked for';
  }
  return kernelLog.some(({ up }) => up)
    ? undefined
    : '/dev/kmsg and the journal are closed to this user';
}
