import type { Declaration, IgnoredReason } from '../model/declaration.ts';
import { baseName } from '../declared/config-tree.ts';

interface Headline {
  readonly headline: string;
  readonly why?: string;
}

/** Why a line has no effect, in one sentence. */
export function headlineOf(
  { file, line, text, source, outcome, device = '' }: Declaration,
  name: string,
): Headline {
  const place = `${baseName(file)}:${line}`;
  const detail = outcome.kind === 'ignored' ? (outcome.detail ?? '') : '';
  const key = text.split(/[\s=]/)[0] ?? '';
  const sentences: Readonly<Record<IgnoredReason, Headline>> = {
    'wrong-device': {
      headline: `The line that is meant to switch it off works on ${detail}, not on ${name}.`,
      why: text.includes('$IFACE')
        ? `In the stanza of ${detail} $IFACE is ${detail}. ethtool accepts that, so no error was printed.`
        : `It stands in the stanza of ${detail}, and switches the features of ${detail} only.`,
    },
    'other-systems-key':
      source === 'ifupdown2'
        ? {
            headline: `${file}:${line} is Debian's spelling. ifupdown2, which runs here, ignores it: ${key} is ${key.replace(/^offload[-_](.*)$/, '$1-offload')}.`,
          }
        : {
            headline: `${file}:${line} is ifupdown2's spelling. ifupdown, which runs here, ignores it: ${key} is ${key.replace(/^(.*)[-_]offload$/, 'offload-$1')}.`,
          },
    'not-a-command': {
      headline: `Line ${line} begins with ethtool: ${source} takes that for an option and runs nothing. Put post-up before it.`,
    },
    'no-auto': {
      headline:
        source === 'ifupdown'
          ? `The stanza of ${name} is never run: it has no "auto ${name}", and bridge_ports does not run it.`
          : `${place} is not activated at boot.`,
    },
    'hook-missing': { headline: `${key} needs the package ethtool, which is not installed.` },
    'breaks-the-start': {
      headline: `${key} makes ifup fail, and takes the other offload lines with it. Use post-up.`,
    },
    shadowed: { headline: `${baseName(file)} is not read: ${detail} matches this device first.` },
    'unparsed-value': {
      headline:
        source === 'networkmanager'
          ? `NetworkManager does not understand ${JSON.stringify(detail)}: write false.`
          : source === 'link' || source === 'netplan'
            ? `systemd does not understand ${JSON.stringify(detail)}: nothing may stand behind the value.`
            : `ethtool does not understand ${JSON.stringify(detail)}: the value is on or off, and nothing may stand behind it.`,
    },
    'unknown-key': {
      headline: `${source === 'networkmanager' ? 'NetworkManager' : source === 'link' ? 'systemd' : source} does not know ${key}.`,
    },
    'unknown-feature': {
      headline: `ethtool does not know ${JSON.stringify(detail)}, and then changes nothing at all.`,
    },
    'not-expanded': {
      headline: `NetworkManager expands no variables: it reads the whole ETHTOOL_OPTS as empty. Write ${name}.`,
    },
    unmanaged: {
      headline: `${file} is not used: ${detail === '' ? 'something else configures the device' : detail}.`,
    },
    'no-such-device': {
      headline: `${file}:${line} is for ${device}, which does not exist. The NIC is called ${name} now.`,
    },
    'other-device-name': {
      headline: `${place} uses the name before the renaming. Use $name, in a file with a number above 80.`,
    },
    'no-scripts': {
      headline: `${key} needs a hook, and "no-scripts" keeps ifup from running the hooks of ${name}.`,
    },
    'no-path': {
      headline:
        detail === ''
          ? `${place}: udev needs the whole path: write /usr/sbin/ethtool.`
          : `${place}: there is no ${detail}: write /usr/sbin/ethtool.`,
    },
    'no-shell': {
      headline: `${place}: ${source === 'udev' ? 'udev' : 'systemd'} runs no shell: one command for each line.`,
    },
    'unit-disabled': { headline: `${baseName(file)} exists and is not enabled.` },
    overruled: { headline: `${place} is overruled by another line.` },
    aborted: { headline: `${place} is not reached: a command before it fails.` },
    'file-refused': {
      headline: detail.startsWith('mode')
        ? `${file} is refused: others than root may read it (${detail}).`
        : `${file} is refused as a whole: it has a mistake.`,
    },
    'no-match': { headline: `${place} matches no device.` },
    'wrong-place': { headline: `${place} stands where nothing reads it.` },
  };
  return outcome.kind === 'ignored' ? sentences[outcome.reason] : { headline: '' };
}
