import { issueSeverities } from '../model/known-issue.ts';
import type { KnownIssue, VersionRange } from '../model/known-issue.ts';
import { parseFirmwareVersion, parseKernelVersion } from '../parsers/version.ts';
import { invalidValue, oneOf, parseAnchoredRegExp } from './flag-values.ts';
import { parseYaml } from './yaml-value.ts';
import type { YamlValue } from './yaml-value.ts';

/** Each issue is a series on every device of its driver. */
const maxIssues = 100;
const maxFeatures = 20;
const maxTextLength = 500;

const parseText = matching(/\S/, `a text of at most ${maxTextLength} characters`);
const parseIdText = matching(/^[a-z][a-z\d-]{0,62}$/, 'an id of lower-case letters, digits and -');
const parseDriver = matching(/^\S.{0,31}$/, 'the name ethtool -i gives of a driver');
/** The short names that ethtool accepts (`tso`) differ from those it prints, and would never match. */
const parseFeature = matching(
  /^(?:[a-z\d_]+(?:-[a-z\d_]+)+|highdma|loopback)$/,
  'a feature as ethtool -k prints it, such as tcp-segmentation-offload',
);
const parseSource = matching(/^https?:\/\/\S+$/, 'an http or https URL');

const fields = [
  'id',
  'driver',
  'firmware',
  'kernel',
  'features',
  'required',
  'device',
  'bus',
  'severity',
  'symptom',
  'mitigation',
  'source',
] as const;

/**
 * Parses a YAML file of known issues.
 *
 * @param file its name, for messages
 * @param taken ids of other issues, which may not be reused.
 * @throws {ConfigError} naming file, line and field, the expected and the actual value.
 */
export function parseKnownIssues(
  text: string,
  { file, taken }: { readonly file: string; readonly taken: ReadonlySet<string> },
): readonly KnownIssue[] {
  const ids = new Set(taken);
  const parseId = (id: string): string => {
    if (ids.has(parseIdText(id))) {
      throw invalidValue('an id no other issue has', id);
    }
    ids.add(id);
    return id;
  };
  const { required } = fieldsOf(parseYaml(text, file), ['known_issues']);
  return required('known_issues')
    .items(maxIssues)
    .map((entry) => parseIssue(entry, parseId));
}

function parseIssue(entry: YamlValue, parseId: (text: string) => string): KnownIssue {
  const { optional, required } = fieldsOf(entry, fields);
  if (optional('required') !== undefined && optional('features') === undefined) {
    entry.fail('expected features with required, got none');
  }
  const source = optional('source')?.parse(parseSource);
  return {
    id: required('id').parse(parseId),
    drivers: [required('driver').parse(parseDriver)],
    firmware: parseRange(optional('firmware'), parseFirmwareVersion),
    kernel: parseRange(optional('kernel'), parseKernelVersion),
    features:
      optional('features')
        ?.items(maxFeatures)
        .map((feature) => feature.parse(parseFeature)) ?? [],
    required: optional('required')?.parse(oneOf<'on' | 'off'>(['on', 'off'])),
    device: optional('device')?.parse(parseAnchoredRegExp),
    bus: optional('bus')?.parse(parseAnchoredRegExp),
    severity: required('severity').parse(oneOf(issueSeverities)),
    symptom: required('symptom').parse(parseText),
    mitigation: required('mitigation').parse(parseText),
    sources: source === undefined ? [] : [source],
  };
}

/** Rejects empty fields: with its features commented out, an issue would expose every device. */
function fieldsOf<Name extends string>(
  value: YamlValue,
  names: readonly Name[],
): {
  readonly optional: (name: Name) => YamlValue | undefined;
  readonly required: (name: Name) => YamlValue;
} {
  const filled = value.fields(names);
  for (const field of value.entries().values()) {
    if (field.isEmpty) {
      field.fail('expected a value, got nothing');
    }
  }
  return {
    optional: (name) => filled.get(name),
    required: (name) => filled.get(name) ?? value.fail(`expected the field ${name}, got nothing`),
  };
}

function matching(pattern: RegExp, expected: string): (text: string) => string {
  return (text) => {
    if (text.length > maxTextLength || !pattern.test(text)) {
      throw invalidValue(expected, text);
    }
    return text;
  };
}

function parseRange(
  value: YamlValue | undefined,
  parse: typeof parseKernelVersion,
): VersionRange | undefined {
  if (value === undefined) {
    return undefined;
  }
  const parseBound = (text: string): string => {
    if (parse(text) === undefined || text.length > maxTextLength) {
      throw invalidValue('a version that begins with numbers, such as 8.30', text);
    }
    return text;
  };
  const { optional } = fieldsOf(value, ['from', 'below']);
  const range = {
    from: optional('from')?.parse(parseBound),
    below: optional('below')?.parse(parseBound),
  };
  if (range.from === undefined && range.below === undefined) {
    return value.fail('expected from, below or both, got neither');
  }
  return range;
}
