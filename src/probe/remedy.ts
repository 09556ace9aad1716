import { offloadNames } from '../catalogue/offload-names.ts';
import type { ProbeDevice, ProbeReport, ProbeSuspect } from '../model/probe-report.ts';

/** Features by side, those reported to corrupt packets first; the first two apply only to tunnels. */
const suspectFeatures: Readonly<Record<ProbeSuspect['side'], readonly string[]>> = {
  transmit: [
    'tx-udp_tnl-csum-segmentation',
    'tx-udp_tnl-segmentation',
    'tcp-segmentation-offload',
    'tx-checksumming',
  ],
  receive: ['rx-checksumming', 'generic-receive-offload', 'large-receive-offload'],
};
const tunnelFeature = /^tx-udp_tnl-/;

/** Features of a suspect, in the order to try. The path of the host itself has no tunnel. */
export function featuresToTry(
  { side }: Pick<ProbeSuspect, 'side'>,
  path: ProbeReport['path'],
): readonly string[] {
  return suspectFeatures[side].filter((name) => path !== 'host' || !tunnelFeature.test(name));
}

/** The commands that turn a feature off, and on again, on each device that has it on, or on an unknown one. */
export function switchCommands(
  feature: string,
  devices: readonly ProbeDevice[],
): Readonly<Record<'off' | 'on', readonly string[]>> {
  const row = offloadNames.find(({ name, short }) => name === feature || short === feature);
  const names = devices
    .filter(({ features }) => features.includes(row?.name ?? feature))
    .map(({ name }) => name);
  const commands = (state: string): readonly string[] =>
    (names.length === 0 ? ['DEVICE'] : names).map(
      (name) => `ethtool -K ${name} ${row?.short ?? feature} ${state}`,
    );
  return { off: commands('off'), on: commands('on') };
}
