import {
  Lexer,
  LineCounter,
  Parser,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';
import type { Document, Node } from 'yaml';

import { ConfigError } from '../model/errors.ts';
import { quote } from '../parsers/lines.ts';

/** Far more than a hundred issues need, or certificates and keys as text. */
const maxFileLength = 128 * 1024;
const maxDepth = 100;
const maxReasonLength = 200;

/** One value of a YAML file. Its errors name file, line and field. */
export interface YamlValue {
  /** Whether the value is missing or null. */
  readonly isEmpty: boolean;
  /** Parses the text of a scalar. YAML's own types are ignored: a user may be called `no`, and 8.30 is not 8.3. */
  parse<Value>(parse: (text: string) => Value): Value;
  /** The values of a list of at most `max` items. */
  items(max?: number): readonly YamlValue[];
  /** The values of a mapping, under any keys. */
  entries(): ReadonlyMap<string, YamlValue>;
  /** The values of a mapping that may have only these keys. Empty values are omitted. */
  fields<Name extends string>(known: readonly Name[]): ReadonlyMap<Name, YamlValue>;
  /** Throws a ConfigError that names the value. */
  fail(message: string): never;
}

/**
 * Parses a YAML file of one document. The methods of the value throw a ConfigError where the content is not as expected.
 *
 * @param file its name, for messages
 * @throws {ConfigError} naming file, line and what is wrong.
 */
export function parseYaml(text: string, file: string): YamlValue {
  const lines = new LineCounter();
  const lineAt = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  if (text.length > maxFileLength) {
    throw new ConfigError(
      `${file}:1: expected at most ${maxFileLength} characters, got ${text.length}`,
    );
  }
  if (isTooDeep(text)) {
    throw new ConfigError(`${file}:1: expected YAML that is nested at most ${maxDepth} deep`);
  }
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const reason = problem.message.slice(0, maxReasonLength);
    throw new ConfigError(`${lineAt(problem.pos[0])}: ${reason}`, { cause: problem });
  }
  const targets = aliasTargets(document);
  return yamlValue(document.contents, { targets, lineAt, offset: 0, field: '' });
}

/** The composer of the document recurses for each level, and a stack overflow may end the process. */
function isTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    if (parser.stack.length > maxDepth) {
      return true;
    }
  }
  return false;
}

/** Resolves all aliases in one pass: each alias resolved alone walks the whole document. */
function aliasTargets(document: Document): Place['targets'] {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node | undefined>();
  visit(document, {
    Alias: (_, alias) => {
      targets.set(alias, anchors.get(alias.source));
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

interface Place {
  readonly targets: ReadonlyMap<unknown, Node | undefined>;
  readonly lineAt: (offset: number) => string;
  /** Offset of the value's key; the value itself may be lines below. */
  readonly offset: number;
  /** As `known_issues[2].severity`; empty at the top. */
  readonly field: string;
}

function yamlValue(given: unknown, place: Place): YamlValue {
  const node = isAlias(given) ? place.targets.get(given) : given;
  const fail = (message: string): never => {
    throw new ConfigError(
      [place.lineAt(place.offset), place.field, message].filter((part) => part !== '').join(': '),
    );
  };

  if (isAlias(given) && node === undefined) {
    return fail(`there is no anchor ${quote(given.source)}`);
  }

  const entries = (): ReadonlyMap<string, YamlValue> => {
    if (!isMap(node)) {
      return fail(`expected a mapping, got ${kindOf(node)}`);
    }
    return new Map(
      node.items.map(({ key, value }) => {
        if (!isScalar(key) || typeof key.value !== 'string') {
          return fail(`expected plain names as keys, got ${kindOf(key)}`);
        }
        const name = /^[\w-]{1,64}$/.test(key.value) ? key.value : quote(key.value);
        const field = place.field === '' ? name : `${place.field}.${name}`;
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
    items: (max = Infinity) => {
      if (!isSeq(node)) {
        return fail(`expected a list, got ${kindOf(node)}`);
      }
      if (node.items.length > max) {
        return fail(`expected a list of at most ${max}, got ${node.items.length}`);
      }
      return node.items.map((item, index) =>
        yamlValue(item, { ...place, offset: offsetOf(item), field: `${place.field}[${index}]` }),
      );
    },
    fields: (known) => {
      const values = isEmpty(node) ? new Map<string, YamlValue>() : entries();
      for (const [name, value] of values) {
        if (!known.some((field) => field === name)) {
          value.fail(`unknown field, expected ${known.join(', ')}`);
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
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** The kind of a node, without its text: that may be a secret. */
function kindOf(node: unknown): string {
  return isMap(node) ? 'a mapping' : isSeq(node) ? 'a list' : isScalar(node) ? 'a text' : 'nothing';
}
