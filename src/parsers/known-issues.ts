import { LineCounter, isAlias, isNode, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import { ParseError } from '../model/errors.ts';
import { issueSeverities } from '../model/known-issue.ts';
import type { KnownIssue, VersionRange } from '../model/known-issue.ts';
import { quote } from './lines.ts';
import { parseFirmwareVersion, parseKernelVersion } from './version.ts';

const rootField = 'known_issues';
/** Far more than a hundred issues take. */
const longestFile = 128 * 1024;
/** Each issue is a series on every device of its driver. */
const mostIssues = 100;
const mostFeatures = 20;
const longestText = 500;

interface TextRule {
  readonly pattern: RegExp;
  readonly expected: string;
}

const anyText: TextRule = {
  pattern: /\S/,
  expected: `a text of at most ${longestText} characters`,
};
const idText: TextRule = {
  pattern: /^[a-z][a-z\d-]{0,62}$/,
  expected: 'an id of lower-case letters, digits and -',
};
const driverText: TextRule = {
  pattern: /^\S.{0,31}$/,
  expected: 'the name ethtool -i gives of a driver',
};
/** The short names ethtool takes (`tso`) are not those it prints, and would never be found on. */
const featureText: TextRule = {
  pattern: /^(?:[a-z\d_]+(?:-[a-z\d_]+)+|highdma|loopback)$/,
  expected: 'a feature as ethtool -k prints it, such as tcp-segmentation-offload',
};
const sourceText: TextRule = {
  pattern: /^https?:\/\/\S+$/,
  expected: 'an http or https URL',
};

const fields = [
  'id',
  'driver',
  'firmware',
  'kernel',
  'features',
  'severity',
  'symptom',
  'mitigation',
  'source',
] as const;

/** A node of the file, and where in it. */
interface Place {
  readonly node: unknown;
  /** As messages name it: `known_issues[2].severity`. */
  readonly path: string;
  readonly line: number;
  readonly lines: LineCounter;
}

/**
 * Parses a YAML file of known issues into the form of the catalogue.
 *
 * @param taken ids of other issues, which these must not have.
 * @throws {ParseError} with the line, the field, what was expected of it and what was got.
 */
export function parseKnownIssues(text: string, taken: ReadonlySet<string>): readonly KnownIssue[] {
  const root = members({ ...parseYaml(text), path: '', line: 1 }, [rootField]);
  const issues = items(root(rootField), mostIssues).map(parseIssue);
  const ids = new Set(taken);
  for (const { issue, place } of issues) {
    if (ids.has(issue.id)) {
      throw refusal(place('id'), 'an id no other issue has');
    }
    ids.add(issue.id);
  }
  return issues.map(({ issue }) => issue);
}

function parseIssue(entry: Place): {
  readonly issue: KnownIssue;
  readonly place: (field: (typeof fields)[number]) => Place;
} {
  const place = members(entry, fields);
  const features = place('features');
  const source = place('source');
  return {
    place,
    issue: {
      id: parseText(place('id'), idText),
      drivers: [parseText(place('driver'), driverText)],
      firmware: parseRange(place('firmware'), parseFirmwareVersion),
      kernel: parseRange(place('kernel'), parseKernelVersion),
      features:
        features.node === undefined
          ? []
          : items(features, mostFeatures).map((feature) => parseText(feature, featureText)),
      severity: parseSeverity(place('severity')),
      symptom: parseText(place('symptom')),
      mitigation: parseText(place('mitigation')),
      sources: source.node === undefined ? [] : [parseText(source, sourceText)],
    },
  };
}

function parseYaml(text: string): Pick<Place, 'node' | 'lines'> {
  if (text.length > longestFile) {
    throw new ParseError(1, `expected at most ${longestFile} characters, got ${text.length}`);
  }
  const lines = new LineCounter();
  const { contents, errors, warnings } = parseDocumentOf(text, lines);
  const [problem] = [...errors, ...warnings];
  if (problem !== undefined) {
    throw new ParseError(lines.linePos(problem.pos[0]).line, problem.message, { cause: problem });
  }
  return { node: contents, lines };
}

/** Nesting without end takes the stack; that is a mistake of the file too. */
function parseDocumentOf(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false });
  } catch (error) {
    throw new ParseError(1, 'expected YAML that is not nested so deep', { cause: error });
  }
}

/** The members of a mapping that has no others than these. What is not there is undefined, at the mapping's own line. */
function members<Name extends string>(place: Place, names: readonly Name[]): (name: Name) => Place {
  const { node, path } = place;
  if (!isMap(node)) {
    throw refusal(place, `a mapping of ${names.join(', ')}`);
  }
  for (const { key } of node.items) {
    if (!names.some((name) => isScalar(key) && key.value === name)) {
      throw refusal(within(place, key, path), `only ${names.join(', ')}`);
    }
  }
  return (name) => within(place, node.get(name, true), path === '' ? name : `${path}.${name}`);
}

function items(place: Place, most: number): readonly Place[] {
  const { node, path } = place;
  if (!isSeq(node) || node.items.length > most) {
    throw refusal(place, `a list of at most ${most}`);
  }
  return node.items.map((item, index) => within(place, item, `${path}[${index}]`));
}

function within({ line, lines }: Place, node: unknown, path: string): Place {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  return { node, path, lines, line: offset === undefined ? line : lines.linePos(offset).line };
}

function parseText(place: Place, { pattern, expected }: TextRule = anyText): string {
  const { node } = place;
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value !== 'string' || value.length > longestText || !pattern.test(value)) {
    throw refusal(place, expected);
  }
  return value;
}

function parseSeverity(place: Place): KnownIssue['severity'] {
  const text = isScalar(place.node) ? place.node.value : undefined;
  const severity = issueSeverities.find((known) => known === text);
  if (severity === undefined) {
    throw refusal(place, issueSeverities.join(', '));
  }
  return severity;
}

function parseRange(place: Place, parse: typeof parseKernelVersion): VersionRange | undefined {
  if (place.node === undefined) {
    return undefined;
  }
  const bound = members(place, ['from', 'below']);
  const range = {
    from: parseBound(bound('from'), parse),
    below: parseBound(bound('below'), parse),
  };
  if (range.from === undefined && range.below === undefined) {
    throw refusal(place, 'from, below or both');
  }
  return range;
}

/** As it is written: to YAML 8.30 is the number 8.3. */
function parseBound(place: Place, parse: typeof parseKernelVersion): string | undefined {
  const { node } = place;
  if (node === undefined) {
    return undefined;
  }
  const text = isScalar(node) ? (node.source ?? '') : '';
  if (parse(text) === undefined || text.length > longestText) {
    throw refusal(place, 'a version that begins with numbers, such as 8.30');
  }
  return text;
}

function refusal({ node, path, line }: Place, expected: string): ParseError {
  const where = path === '' ? '' : `${path}: `;
  return new ParseError(line, `${where}expected ${expected}, got ${shown(node)}`);
}

function shown(node: unknown): string {
  if (isMap(node)) {
    return 'a mapping';
  }
  if (isSeq(node)) {
    return `a list of ${node.items.length}`;
  }
  if (isAlias(node)) {
    return `the alias *${node.source}`;
  }
  return isScalar(node) && node.value !== null ? quote(node.source ?? '') : 'nothing';
}
