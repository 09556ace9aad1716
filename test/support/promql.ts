import { parser } from '@prometheus-io/lezer-promql';

/** A selector of an expression. */
export interface Selector {
  readonly metric: string;
  /** Labels it selects by. */
  readonly labels: readonly string[];
  /** The same as written: `{node=~"a"}`, or nothing. */
  readonly matchers: string;
  /** As written: `5m`; undefined where it selects no range. */
  readonly range: string | undefined;
  /** The function it is the argument of. */
  readonly calledBy: string | undefined;
}

/** Names in an expression. */
export interface ExpressionNames {
  readonly selectors: readonly Selector[];
  /** Labels it groups, matches or drops by. */
  readonly labels: readonly string[];
}

type Node = ReturnType<ReturnType<typeof parser.parse>['resolve']>;

/** Reads the names in a PromQL expression. @throws {Error} where it is none. */
export function expressionNames(expression: string): ExpressionNames {
  const selectors: Selector[] = [];
  const labels: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, from, to, node }) => {
      if (name === '⚠') {
        throw new Error(`expected PromQL, got ${JSON.stringify(expression)}`);
      } else if (name === 'VectorSelector') {
        selectors.push(selectorOf(node, expression));
      } else if (name === 'LabelName' && !node.matchContext(['UnquotedLabelMatcher'])) {
        labels.push(expression.slice(from, to));
      }
    },
  });
  return { selectors, labels };
}

function selectorOf(node: Node, expression: string): Selector {
  const written = (part: Node | null | undefined): string =>
    part === null || part === undefined ? '' : expression.slice(part.from, part.to);
  const matchers = node.getChild('LabelMatchers');
  const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : undefined;
  return {
    metric: written(node.getChild('Identifier')),
    labels: (matchers?.getChildren('UnquotedLabelMatcher') ?? []).map((matcher) =>
      written(matcher.getChild('LabelName')),
    ),
    matchers: written(matchers),
    range: matrix === undefined ? undefined : written(matrix.getChild('DurationExpr')),
    calledBy: callerOf(node, written),
  };
}

function callerOf(node: Node, written: (part: Node | null) => string): string | undefined {
  for (let around = node.parent; around !== null; around = around.parent) {
    if (around.name === 'FunctionCall') {
      return written(around.getChild('FunctionIdentifier'));
    }
  }
  return undefined;
}
