import type { Declaration, DeviceIdentity, Setting } from '../model/declaration.ts';
import type { FileEdit, PersistentFix } from '../model/check-report.ts';
import { linkKeys } from '../catalogue/offload-names.ts';
import { linkFileFor } from '../declared/link.ts';
import { profileOf } from '../declared/network-manager.ts';
import { inForce } from '../declared/predict.ts';
import type { PredictionInput } from '../declared/predict.ts';
import { networkManagerFeatures } from '../catalogue/offload-names.ts';
import { editInterfaces } from './recipe-interfaces.ts';
import { switchCommand, switchesOf } from './switch-words.ts';
import type { Switch } from './switch-words.ts';

export interface RecipeOptions {
  readonly device: DeviceIdentity;
  /** The required states of the features. */
  readonly wanted: readonly Setting[];
  readonly declarations: readonly Declaration[];
  readonly input: PredictionInput;
  /** Whether the files of the host are writable. */
  readonly isImmutable: boolean;
}

const ethtool = '/usr/sbin/ethtool';
const rulesFile = '/etc/udev/rules.d/90-nic-offload.rules';

/**
 * Returns how to make the features of a device persistent: in the system that configures it, if that has a key for each,
 * otherwise with a udev rule. Never with a new .link file, which would change the name of the device.
 */
export function persistentFix(options: RecipeOptions): PersistentFix {
  const { device, wanted, input, isImmutable } = options;
  const switches = switchesOf(wanted, device);
  if (isImmutable) {
    return {
      configurer: 'the configuration this system is built from',
      edits: [],
      commands: [],
      note: `its /etc is not written by hand: ${switchCommand(device.name, switches)} goes where the system is declared`,
      apply: [],
    };
  }
  const fix =
    interfacesFix(options, switches) ??
    networkManagerFix(device, switches, input) ??
    linkFix(options) ??
    udevFix(device, switches, input);
  return input.installed.ethtool
    ? fix
    : { ...fix, note: 'install the package ethtool first: it is missing' };
}

function interfacesFix(
  options: RecipeOptions,
  switches: readonly Switch[],
): PersistentFix | undefined {
  const flavour = options.input.installed.ifupdown;
  const edits = flavour && editInterfaces(options, { flavour, switches });
  if (flavour === undefined || edits === undefined) {
    return undefined;
  }
  return flavour === 'ifupdown2'
    ? {
        configurer: flavour,
        edits,
        commands: [],
        apply: ['ifreload -a'],
        careful: `${options.device.master === undefined ? 'The device' : 'The bridge'} stays up, running guests too. Then check again: nicwatch check ${options.device.name}`,
      }
    : {
        configurer: flavour,
        edits,
        commands: [],
        apply: [`ifdown ${options.device.name} && ifup ${options.device.name}`],
        careful:
          'This takes the link down for a moment: run it from a console, or leave it to the next reboot.',
      };
}

function networkManagerFix(
  device: DeviceIdentity,
  switches: readonly Switch[],
  input: PredictionInput,
): PersistentFix | undefined {
  const profile = input.installed.networkManager ? profileOf(device, input) : undefined;
  if (profile === undefined || switches.some(({ name }) => !networkManagerFeatures.has(name))) {
    return undefined;
  }
  const settings = switches.map(
    ({ name, enabled }) => `ethtool.feature-${name} ${enabled ? 'on' : 'off'}`,
  );
  return {
    configurer: 'NetworkManager',
    edits: [],
    commands: [`nmcli connection modify ${profile} ${settings.join(' ')}`],
    apply: [`nmcli connection up ${profile}`],
    careful: 'This takes the link down for a moment.',
  };
}

/** A drop-in keeps the name that the file sets, which a new file would change. */
function linkFix({
  device,
  wanted,
  input,
  declarations,
}: RecipeOptions): PersistentFix | undefined {
  const file = linkFileFor(device, input);
  if (file === undefined || file.name === '99-default.link') {
    return undefined;
  }
  const declared = inForce(declarations, device);
  const lines = Object.entries(linkKeys).flatMap(([key, pattern]) => {
    const setting = wanted.find(({ feature }) => pattern.test(feature));
    return setting === undefined ? [] : [`${key}=${setting.enabled ? 'yes' : 'no'}`];
  });
  const isCovered = wanted.every(
    ({ feature, enabled }) =>
      Object.values(linkKeys).some((pattern) => pattern.test(feature)) ||
      declared.get(feature)?.enabled === enabled ||
      /^tx-tcp-(?:ecn|mangleid|accecn)-segmentation$/.test(feature),
  );
  if (!isCovered) {
    return undefined;
  }
  return {
    configurer: 'systemd-udevd',
    edits: [
      newFile(`/etc/systemd/network/${file.name}.d/50-nic-offload.conf`, ['[Link]', ...lines]),
    ],
    commands: [],
    note: `a drop-in of ${file.name}, which names this device; another .link file would take that name away`,
    apply: ['udevadm control --reload', `udevadm trigger -c add /sys/class/net/${device.name}`],
  };
}

function udevFix(
  { name, busAddress }: DeviceIdentity,
  switches: readonly Switch[],
  { tree }: PredictionInput,
): PersistentFix {
  const place = busAddress === undefined ? `KERNEL=="${name}"` : `KERNELS=="${busAddress}"`;
  const rule = `ACTION=="add", SUBSYSTEM=="net", ${place}, RUN+="${switchCommand('$name', switches, ethtool)}"`;
  const existing = tree.get(rulesFile)?.text;
  const after = existing === undefined ? 0 : existing.replace(/\n$/, '').split('\n').length;
  return {
    configurer: 'udev',
    edits: [{ file: rulesFile, remove: [], insert: { after, lines: [rule] } }],
    commands: [],
    note: 'what configures this device has no key for it: a udev rule does it, also after a replug',
    apply: ['udevadm control --reload'],
  };
}

function newFile(file: string, lines: readonly string[]): FileEdit {
  return { file, remove: [], insert: { after: 0, lines } };
}
