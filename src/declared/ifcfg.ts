import type { Declaration, DeviceIdentity, Origin } from '../model/declaration.ts';
import { parseShellCommand } from '../parsers/shell-command.ts';
import { parseShellVariables } from '../parsers/shell-variables.ts';
import type { ShellVariable } from '../parsers/shell-variables.ts';
import { baseName, filesIn } from './config-tree.ts';
import { parseSettings, runWords } from './ethtool-run.ts';
import { featuresNamed } from './feature-names.ts';
import { ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';

const redHat = '/etc/sysconfig/network-scripts';
const suse = '/etc/sysconfig/network';
const option = /^(?:-K|--features|--offload)$/;

/**
 * Predicts the effect of the ifcfg files of Red Hat and SUSE, which three programs read differently.
 *
 * @see NetworkManager's nms-ifcfg-rh-reader.c, network-functions of initscripts, ifcfg(5) of wicked
 */
export function predictIfcfg(context: HostContext): readonly Declaration[] {
  return [redHat, suse].flatMap((directory) =>
    filesIn(context.tree, directory)
      .filter(
        ({ path }) =>
          /\/ifcfg-[^/]+$/.test(path) && !/(?:~|\.bak|\.orig|\.rpmnew|\.rpmsave|\.old)$/.test(path),
      )
      .flatMap(({ path, text }) => {
        const variables = parseShellVariables(text);
        const value = (name: string): string | undefined =>
          variables.findLast((variable) => variable.name === name)?.value;
        const name = value('DEVICE') ?? baseName(path).replace('ifcfg-', '');
        const device =
          context.devices.find(
            ({ macAddress }) =>
              macAddress !== undefined && macAddress === value('HWADDR')?.toLowerCase(),
          ) ?? context.lookUp(name);
        const isNetworkManager =
          directory === redHat &&
          context.installed.networkManager &&
          value('NM_CONTROLLED') !== 'no';
        const file: IfcfgFile = { path, variables, device, name: device?.name ?? name };
        const isUp = directory === redHat ? value('ONBOOT') !== 'no' : value('STARTMODE') !== 'off';
        const declarations =
          directory === suse
            ? ofWicked(file)
            : isNetworkManager
              ? ofNetworkManager(file)
              : ofNetworkScripts(file, context);
        return declarations.map((declaration) =>
          declaration.outcome.kind !== 'applies' || (device !== undefined && isUp)
            ? declaration
            : ignore(declaration, device === undefined ? 'no-such-device' : 'no-auto', name),
        );
      }),
  );
}

interface IfcfgFile {
  readonly path: string;
  readonly variables: readonly ShellVariable[];
  readonly device: DeviceIdentity | undefined;
  readonly name: string;
}

/** It expands no variables, assumes that the second word is the interface, and skips unknown words. */
function ofNetworkManager(file: IfcfgFile): readonly Declaration[] {
  return file.variables
    .filter(({ name }) => name === 'ETHTOOL_OPTS')
    .flatMap((variable) => {
      const origin = originOf(variable, file, 'ifcfg');
      const isEmpty = variable.isExpanded && /[$`]/.test(variable.value);
      return variable.value.split(';').flatMap((part): readonly Declaration[] => {
        const [first = '', , ...words] = part.trim().split(/\s+/);
        if (!option.test(first)) {
          return [];
        }
        const settings = pairs(words).flatMap(([name, state]) =>
          (state === 'on' || state === 'off' ? (featuresNamed(name, file.device) ?? []) : []).map(
            (feature) => ({ feature, enabled: state === 'on' }),
          ),
        );
        return [
          {
            ...origin,
            device: file.name,
            settings,
            outcome: isEmpty ? { kind: 'ignored', reason: 'not-expanded' } : { kind: 'applies' },
          },
        ];
      });
    });
}

/** The file is sourced by a shell; each part with an option is passed to ethtool unchanged. */
function ofNetworkScripts(
  file: IfcfgFile,
  { lookUp }: Pick<HostContext, 'lookUp'>,
): readonly Declaration[] {
  const env: Record<string, string> = {};
  return file.variables.flatMap((variable) => {
    const value = variable.isExpanded
      ? variable.value.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => env[name] ?? '')
      : variable.value;
    env[variable.name] = value;
    if (variable.name !== 'ETHTOOL_OPTS') {
      return [];
    }
    const origin = originOf(variable, file, 'ifcfg');
    return value.split(';').flatMap((part) => {
      const [step] = parseShellCommand(part, env) ?? [];
      const words = ['ethtool', ...(step?.words ?? [])];
      return runWords(words, { origin, env, devices: lookUp }).declarations;
    });
  });
}

/** One command per variable; the real name replaces the second word. */
function ofWicked(file: IfcfgFile): readonly Declaration[] {
  return file.variables
    .filter(({ name }) => /^ETHTOOL_OPTIONS(?:_\w+)?$/.test(name))
    .flatMap((variable): readonly Declaration[] => {
      const [first = '', , ...words] = variable.value.trim().split(/\s+/);
      if (!option.test(first)) {
        return [];
      }
      const { settings, badWord } = parseSettings(words, file.device);
      return [
        {
          ...originOf(variable, file, 'wicked'),
          device: file.name,
          settings,
          outcome:
            badWord === undefined
              ? { kind: 'applies' }
              : badWord.includes(';')
                ? { kind: 'unknown', detail: 'wicked does not split at ;' }
                : { kind: 'ignored', reason: 'unknown-feature', detail: badWord },
        },
      ];
    });
}

function originOf(
  { line, text }: ShellVariable,
  { path }: IfcfgFile,
  source: 'ifcfg' | 'wicked',
): Origin {
  return { source, file: path, line, text };
}

function pairs(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.flatMap((word, index) =>
    index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : [],
  );
}
