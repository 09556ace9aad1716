import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { YAMLMap } from 'yaml';

import { netplanKeys } from '../catalogue/offload-names.ts';
import { filesByName } from './config-tree.ts';
import type { ConfigTree } from './config-tree.ts';
import type { LinkFile } from './link.ts';

const directories = ['/run', '/etc', '/lib', '/usr/lib'].map((prefix) => `${prefix}/netplan`);
const maxFileLength = 128 * 1024;
/** Device types whose options may set offloads: for any other, the generator and all of netplan fails. */
const switchable = 'ethernets';
const boolean = /^(?:true|on|yes|y|false|off|no|n)$/i;
/** Keys for which netplan writes a file. */
const linkOptions = ['set-name', 'wakeonlan', 'mtu'];

export interface NetplanFiles {
  /** Whether there is any YAML: files below /run are generated from it. */
  readonly isReadable: boolean;
  readonly files: readonly LinkFile[];
}

/** A key of a device, with the value of the last file. */
interface Field {
  readonly value: string;
  readonly line: number;
  readonly text: string;
  readonly file: string;
}

/**
 * Converts netplan's YAML to the .link files that `netplan generate` writes, for both of its back ends.
 *
 * @see netplan(5)
 */
export function predictNetplan(tree: ConfigTree): NetplanFiles {
  const sources = filesByName(tree, { directories, suffix: '.yaml' });
  const devices = new Map<string, Map<string, Field>>();
  let isRefused = false;
  for (const { path, text } of sources) {
    const lines = new LineCounter();
    const document = parseDocument(text.slice(0, maxFileLength), {
      schema: 'failsafe',
      lineCounter: lines,
      prettyErrors: false,
    });
    isRefused ||= document.errors.length > 0;
    const network = mapAt(document.contents, 'network');
    const version = network?.get('version', true);
    isRefused ||= version !== undefined && textOf(version) !== '2';
    for (const { key: type, value: group } of network?.items ?? []) {
      for (const { key: id, value: device } of isMap(group) ? group.items : []) {
        if (!isMap(device)) {
          continue;
        }
        const fields = devices.get(textOf(id)) ?? new Map<string, Field>();
        collect(device, '', (key, node) => {
          const line = lines.linePos(node.range?.[0] ?? 0).line;
          const isOffload = /offload|segmentation/.test(key);
          isRefused ||=
            isOffload &&
            (textOf(type) !== switchable ||
              netplanKeys[key] === undefined ||
              !boolean.test(textOf(node)));
          fields.set(key, {
            value: textOf(node),
            line,
            text: text.split('\n')[line - 1]?.trim() ?? '',
            file: path,
          });
        });
        devices.set(textOf(id), fields);
      }
    }
  }
  return {
    isReadable: sources.length > 0,
    files: [...devices].flatMap(([id, fields]) => linkFile(id, { fields, isRefused })),
  };
}

function mapAt(node: unknown, key: string): YAMLMap | undefined {
  const value = isMap(node) ? node.get(key, true) : undefined;
  return isMap(value) ? value : undefined;
}

/** The words of a list. */
function textOf(node: unknown): string {
  return isSeq(node) ? node.items.map(textOf).join(' ') : isScalar(node) ? String(node.value) : '';
}

function collect(
  map: YAMLMap,
  prefix: string,
  add: (key: string, node: { readonly range?: readonly number[] | null | undefined }) => void,
): void {
  for (const { key, value } of map.items) {
    const name = `${prefix}${textOf(key)}`;
    if (isMap(value) && name === 'match') {
      collect(value, 'match.', add);
    } else if (isScalar(value) || isSeq(value)) {
      add(name, value);
    }
  }
}

function linkFile(
  id: string,
  {
    fields,
    isRefused,
  }: { readonly fields: ReadonlyMap<string, Field>; readonly isRefused: boolean },
): readonly LinkFile[] {
  const offloads = [...fields].filter(([key]) => netplanKeys[key] !== undefined);
  const hasMatch = [...fields.keys()].some((key) => key.startsWith('match.'));
  if (offloads.length === 0 && !linkOptions.some((key) => fields.has(key))) {
    return [];
  }
  const match = (
    hasMatch
      ? [
          ['PermanentMACAddress', fields.get('match.macaddress')?.value],
          ['OriginalName', fields.get('match.name')?.value],
          ['Driver', fields.get('match.driver')?.value],
        ]
      : [['OriginalName', id]]
  ).flatMap(([key, value]) =>
    key === undefined || value === undefined ? [] : [{ section: 'Match', key, value, line: 0 }],
  );
  return [
    {
      name: `10-netplan-${id}.link`,
      isRefused,
      match: isRefused ? [] : match,
      settings: offloads.map(([key, { value, line, text, file }]) => ({
        section: 'Link',
        key: netplanKeys[key] ?? key,
        value,
        line,
        origin: { source: 'netplan', file, line, text },
      })),
    },
  ];
}
