/** One line of `/metrics`. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The samples of a text in the Prometheus format, and how to find one. */
export interface Exposition {
  readonly text: string;
  readonly all: readonly ExposedSample[];
  /** Samples of a metric whose labels include these. */
  samples(name: string, labels?: Readonly<Record<string, string>>): readonly ExposedSample[];
  /**
   * Value of the one sample of a metric whose labels include these; undefined where there is none.
   *
   * @throws {Error} when there are several.
   */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s;
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gs;

/** Parses text in the Prometheus format 0.0.4. @throws {Error} on a line that is neither comment nor sample. */
export function parseExposition(text: string): Exposition {
  const all = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseSample);
  const samples: Exposition['samples'] = (name, labels = {}) =>
    all.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
    );
  return {
    text,
    all,
    samples,
    value: (name, labels) => {
      const [only, ...others] = samples(name, labels);
      if (others.length > 0) {
        throw new Error(`expected one sample of ${name}, got ${others.length + 1}`);
      }
      return only?.value;
    },
  };
}

function parseSample(line: string): ExposedSample {
  const [, name, labels = '', value] = samplePattern.exec(line) ?? [];
  if (name === undefined) {
    throw new Error(`expected a sample, got ${JSON.stringify(line)}`);
  }
  return {
    name,
    labels: new Map(
      [...labels.matchAll(labelPattern)].map(([, label = '', escaped = '']) => [
        label,
        escaped.replaceAll(/\\(.)/g, (_, character: string) =>
          character === 'n' ? '\n' : character,
        ),
      ]),
    ),
    value: Number(value),
  };
}
