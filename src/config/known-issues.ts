import { ConfigError } from '../model/errors.ts';
import { issueSeverities } from '../model/known-issue.ts';
import type { KnownIssue, VersionRange } from '../model/known-issue.ts';
import { quote } from '../parsers/lines.ts';
import { parseFirmwareVersion, parseKernelVersion } from '../parsers/version.ts';
import { oneOf, parseAnchoredRegExp } from './flag-values.ts';
import { parseYaml } from './yaml-value.ts';
import type { YamlValue } from './yaml-value.ts';

/** Each issue is a series on every device of its driver. */
const maxIssues = 100;
const maxFeatures = 20;
const maxTextLength = 500;

interface TextRule {
  readonly pattern: RegExp;
  readonly expected: string;
}

const anyText: TextRule = {
  pattern: /\S/,
  expected: `a text of at most ${maxTextLength} characters`,
};
const idText: TextRule = {
  pattern: /^[a-z][a-z\d-]{0,62}$/,
  expected: 'an id of lower-case letters, digits and -',
};
const driverText: TextRule = {
  pattern: /^\S.{0,31}$/,
  expected: 'the name ethtool -i gives of a driver',
};
/** The short names ethtool accepts (`tso`) differ from those it prints, and would never match. */
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
    matching(idText)(id);
    if (ids.has(id)) {
      throw new ConfigError(`expected an id no other issue has, got ${quote(id)}`);
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
  const source = optional('source')?.parse(matching(sourceText));
  return {
    id: required('id').parse(parseId),
    drivers: [required('driver').parse(matching(driverText))],
    firmware: parseRange(optional('firmware'), parseFirmwareVersion),
    kernel: parseRange(optional('kernel'), parseKernelVersion),
    features:
      optional('features')
        ?.items(maxFeatures)
        .map((feature) => feature.parse(matching(featureText))) ?? [],
    ...policyFields(optional),
    severity: required('severity').parse(oneOf(issueSeverities)),
    symptom: required('symptom').parse(matching(anyText)),
    mitigation: required('mitigation').parse(matching(anyText)),
    sources: source === undefined ? [] : [source],
  };
}

/** What makes a policy of an issue, and whom either is for. */
function policyFields(
  optional: (name: 'required' | 'device' | 'bus') => YamlValue | undefined,
): Pick<KnownIssue, 'required' | 'device' | 'bus'> {
  const demand = optional('required')?.parse(oneOf<'on' | 'off'>(['on', 'off']));
  const device = optional('device')?.parse(parseAnchoredRegExp);
  const bus = optional('bus')?.parse(parseAnchoredRegExp);
  return {
    ...(demand === undefined ? {} : { required: demand }),
    ...(device === undefined ? {} : { device }),
    ...(bus === undefined ? {} : { bus }),
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

function matching({ pattern, expected }: TextRule): (text: string) => string {
  return (text) => {
    if (text.length > maxTextLength || !pattern.test(text)) {
      throw new ConfigError(`expected ${expected}, got ${quote(text)}`);
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
      throw new ConfigError(
        `expected a version that begins with numbers, such as 8.30, got ${quote(text)}`,
      );
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
