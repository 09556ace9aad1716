import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document } from 'yaml';

import { ConfigError } from '../model/errors.ts';

/** One value of a YAML file that knows where it stands: whatever is wrong with it names file, line and field. */
export interface YamlValue {
  /** Nothing stands there, or what YAML calls null. */
  readonly isEmpty: boolean;
  /** What a parser makes of a scalar's text. YAML's own types are left alone: a user may be called `no`. */
  parse<Value>(parse: (text: string) => Value): Value;
  /** The values of a list. */
  items(): readonly YamlValue[];
  /** The values of a mapping, under any keys. */
  entries(): ReadonlyMap<string, YamlValue>;
  /** The values of a mapping that may have no other keys than these. Those that are left empty are not there. */
  fields<Name extends string>(known: readonly Name[]): ReadonlyMap<Name, YamlValue>;
  /** Refuses the value. */
  fail(message: string): never;
}

/**
 * Parses a YAML file of one document. Everything that takes it apart throws a ConfigError where it is not as expected.
 *
 * @param file its name, for messages
 * @returns undefined for a file that says nothing
 * @throws {ConfigError} naming file, line and what is wrong.
 */
export function parseYaml(text: string, file: string): YamlValue | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    logLevel: 'error',
  });
  const lineAt = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error !== undefined) {
    throw new ConfigError(`${lineAt(error.pos[0])}: ${plainReason(error.message)}`, {
      cause: error,
    });
  }
  const value = yamlValue(document.contents, { document, lineAt, offset: 0, field: '' });
  return value.isEmpty ? undefined : value;
}

interface Place {
  readonly document: Document;
  readonly lineAt: (offset: number) => string;
  /** Where the value's key begins; that of the value itself may be lines below. */
  readonly offset: number;
  /** As `tls_server_config.cert_file`; empty at the top. */
  readonly field: string;
}

function yamlValue(given: unknown, place: Place): YamlValue {
  const node = isAlias(given) ? given.resolve(place.document) : given;
  const fail = (message: string): never => {
    throw new ConfigError(
      [place.lineAt(place.offset), place.field, message].filter((part) => part !== '').join(': '),
    );
  };

  if (isAlias(given) && node === undefined) {
    return fail(`there is no anchor ${JSON.stringify(given.source)}`);
  }

  const entries = (): ReadonlyMap<string, YamlValue> => {
    if (!isMap(node)) {
      return fail(`expected a mapping, got ${kindOf(node)}`);
    }
    return new Map(
      node.items.map(({ key, value }) => {
        if (!isScalar(key) || typeof key.value !== 'string') {
          return fail('expected plain names as keys');
        }
        const field = place.field === '' ? key.value : `${place.field}.${key.value}`;
        return [key.value, yamlValue(value, { ...place, offset: offsetOf(key), field })];
      }),
    );
  };

  return {
    isEmpty: isEmpty(node),
    fail,
    entries,
    parse: (parse) => {
      if (!isScalar(node) || typeof node.value !== 'string') {
        return fail(`expected a text, got ${kindOf(node)}`);
      }
      try {
        return parse(node.value);
      } catch (error) {
        return error instanceof ConfigError ? fail(error.message) : fail(String(error));
      }
    },
    items: () =>
      isSeq(node)
        ? node.items.map((item) => yamlValue(item, { ...place, offset: offsetOf(item) }))
        : fail(`expected a list, got ${kindOf(node)}`),
    fields: (known) => {
      const values = entries();
      for (const [name, value] of values) {
        if (!known.some((field) => field === name)) {
          value.fail('unknown field');
        }
      }
      return new Map(
        known.flatMap((name) => {
          const value = values.get(name);
          return value === undefined || value.isEmpty ? [] : [[name, value] as const];
        }),
      );
    },
  };
}

function isEmpty(node: unknown): boolean {
  return (
    node === null ||
    node === undefined ||
    (isScalar(node) && node.type === 'PLAIN' && ['', '~', 'null'].includes(String(node.value)))
  );
}

function offsetOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}

function kindOf(node: unknown): string {
  return isMap(node) ? 'a mapping' : isSeq(node) ? 'a list' : isScalar(node) ? 'a text' : 'nothing';
}

/** One real message: `Map keys must be unique at line 3, column 1:`, and below it the lines in question. */
function plainReason(message: string): string {
  const [reason = ''] = message.split('\n', 1);
  return reason.replace(/ at line \d+, column \d+:?$/, '');
}
