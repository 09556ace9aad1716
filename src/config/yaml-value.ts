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

/** Far more than a hundred issues take, or certificates and keys as text. */
const longestFile = 128 * 1024;
const deepestNesting = 100;
const longestReason = 200;

/** One value of a YAML file that knows where it stands: whatever is wrong with it names file, line and field. */
export interface YamlValue {
  /** Nothing stands there, or what YAML calls null. */
  readonly isEmpty: boolean;
  /** What a parser makes of a scalar's text. YAML's own types are left alone: a user may be called `no`, and 8.30 is not 8.3. */
  parse<Value>(parse: (text: string) => Value): Value;
  /** The values of a list, of which there may be no more than `most`. */
  items(most?: number): readonly YamlValue[];
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
 * @throws {ConfigError} naming file, line and what is wrong.
 */
export function parseYaml(text: string, file: string): YamlValue {
  const lines = new LineCounter();
  const lineAt = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  if (text.length > longestFile) {
    throw new ConfigError(
      `${file}:1: expected at most ${longestFile} characters, got ${text.length}`,
    );
  }
  if (isNestedTooDeep(text)) {
    throw new ConfigError(`${file}:1: expected YAML that is not nested so deep`);
  }
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const reason = problem.message.slice(0, longestReason);
    throw new ConfigError(`${lineAt(problem.pos[0])}: ${reason}`, { cause: problem });
  }
  const targets = aliasTargets(document);
  return yamlValue(document.contents, { targets, lineAt, offset: 0, field: '' });
}

/** What makes a document of the tokens takes stack for each level, and may end the process where that runs out. */
function isNestedTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    if (parser.stack.length > deepestNesting) {
      return true;
    }
  }
  return false;
}

/** Asked one by one, aliases walk the whole document each. */
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
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<unknown, Node | undefined>;
  readonly lineAt: (offset: number) => string;
  /** Where the value's key begins; that of the value itself may be lines below. */
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
    items: (most = Infinity) => {
      if (!isSeq(node)) {
        return fail(`expected a list, got ${kindOf(node)}`);
      }
      if (node.items.length > most) {
        return fail(`expected a list of at most ${most}, got ${node.items.length}`);
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

/** What was got, without its text: that may be a secret. */
function kindOf(node: unknown): string {
  return isMap(node) ? 'a mapping' : isSeq(node) ? 'a list' : isScalar(node) ? 'a text' : 'nothing';
}
