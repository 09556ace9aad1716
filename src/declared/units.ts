import type { ConfigFile, Declaration } from '../model/declaration.ts';
import { parseIniLines } from '../parsers/ini-lines.ts';
import { baseName, directoryOf, filesByName } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';
import { mentionsSwitch, runWords } from './ethtool-run.ts';
import type { RunStatus } from './ethtool-run.ts';
import type { HostContext } from './predict.ts';

const directories = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (prefix) => `${prefix}/systemd/system`,
);
const execKeys = new Set(['ExecStartPre', 'ExecStart', 'ExecStartPost']);

/** Says what systemd's services do whose commands are literal calls of ethtool. @see systemd.service(5) */
export function predictUnits(context: HostContext): readonly Declaration[] {
  return filesByName(context.tree, { directories, suffix: '.service' })
    .filter(({ path }) => directories.includes(directoryOf(path)))
    .flatMap((file) => {
      const name = baseName(file.path);
      const files = [
        file,
        ...filesByName(context.tree, {
          directories: directories.map((directory) => `${directory}/${name}.d`),
          suffix: '.conf',
        }),
      ];
      if (!files.some(({ text }) => mentionsSwitch(text))) {
        return [];
      }
      const enabled = enabledNames(context.tree, name);
      const instances = enabled.length === 0 ? [name] : enabled;
      return instances.flatMap((instance) =>
        runUnit(files, { instance, isEnabled: enabled.length > 0, context }),
      );
    });
}

/** A unit starts at boot if another wants it, a template once per instance. */
function enabledNames(tree: ConfigTree, name: string): readonly string[] {
  const [prefix = '', suffix = ''] = name.split('@');
  const isTemplate = name.includes('@.');
  return [...tree.keys()]
    .filter((path) => /\.(?:wants|requires)\/[^/]+$/.test(path))
    .map(baseName)
    .filter((link) =>
      isTemplate ? link.startsWith(`${prefix}@`) && link.endsWith(suffix) : link === name,
    );
}

interface UnitOptions {
  readonly instance: string;
  readonly isEnabled: boolean;
  readonly context: HostContext;
}

/** The first failing command ends the unit. */
function runUnit(
  files: readonly ConfigFile[],
  { instance, isEnabled, context }: UnitOptions,
): readonly Declaration[] {
  const argument = /@(.+)\.service$/.exec(instance)?.[1] ?? '';
  const commands = files.flatMap(({ path, text }) =>
    parseIniLines(text, 'systemd')
      .filter(({ section, key }) => section === 'Service' && execKeys.has(key))
      .map((entry) => ({ ...entry, path })),
  );
  // An empty value resets the list.
  const last = commands.findLastIndex(({ key, value }) => key === 'ExecStart' && value === '');
  const declarations: Declaration[] = [];
  let status: RunStatus = 'ok';
  for (const { value, line, path, key } of commands.slice(last + 1)) {
    const [, prefix = '', plain = ''] = /^([-@:+!|]*)(.*)$/.exec(value) ?? [];
    const text = plain.replaceAll(/%[iI]/g, argument).replaceAll('%%', '%');
    const words = splitWords(text);
    const origin = { source: 'systemd-unit' as const, file: path, line, text: `${key}=${value}` };
    const run = runWords(words, { origin, env: {}, devices: context.lookUp });
    const hasShellWord = words.some((word) => word === '&&' || word === '||' || word === ';');
    for (const declaration of run.declarations) {
      const { outcome } = declaration;
      declarations.push({
        ...declaration,
        outcome: !isEnabled
          ? { kind: 'ignored', reason: 'unit-disabled', detail: instance }
          : status === 'failed'
            ? { kind: 'ignored', reason: 'aborted' }
            : outcome.kind === 'ignored' && outcome.reason === 'unknown-feature' && hasShellWord
              ? { kind: 'ignored', reason: 'no-shell' }
              : outcome,
      });
    }
    status =
      status === 'failed' || (run.status === 'failed' && !prefix.includes('-')) ? 'failed' : 'ok';
  }
  return declarations;
}

/** Undefined for a word with a variable, which is defined elsewhere. */
function splitWords(text: string): readonly (string | undefined)[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => {
      const word = double ?? single ?? bare ?? '';
      return bare !== undefined && /\$\{?\w/.test(bare) ? undefined : word;
    },
  );
}
