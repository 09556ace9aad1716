import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression asks for, and the labels it selects by. */
interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What an expression names. */
export interface ExpressionNames {
  readonly selectors: readonly Selector[];
  /** Labels it groups, matches or drops by. */
  readonly labels: readonly string[];
}

/** Reads the names in a PromQL expression. @throws {Error} where it is none. */
export function expressionNames(expression: string): ExpressionNames {
  const selectors: { metric: string; labels: string[] }[] = [];
  const labels: string[] = [];
  parser.parse(expression).iterate({
    enter: (node) => {
      const { name, from, to } = node;
      const text = expression.slice(from, to);
      if (name === '⚠') {
        throw new Error(`expected PromQL, got ${JSON.stringify(expression)}`);
      } else if (name === 'VectorSelector') {
        selectors.push({ metric: '', labels: [] });
      } else if (name === 'Identifier' && node.matchContext(['VectorSelector'])) {
        selectors.splice(-1, 1, { metric: text, labels: [] });
      } else if (name === 'LabelName' && node.matchContext(['UnquotedLabelMatcher'])) {
        selectors.at(-1)?.labels.push(text);
      } else if (name === 'LabelName') {
        labels.push(text);
      }
    },
  });
  return { selectors, labels };
}
