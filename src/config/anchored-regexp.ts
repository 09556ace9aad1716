import { ConfigError } from '../model/errors.ts';

/**
 * Compiles a regular expression that must match a whole name, as Prometheus anchors them.
 *
 * @throws {ConfigError} when the text is no regular expression.
 */
export function parseAnchoredRegExp(text: string): RegExp {
  if (text === '') {
    throw new ConfigError('expected a regular expression, got ""');
  }
  try {
    // Alone first: inside the anchors, unbalanced parentheses could pass.
    void new RegExp(text, 'u');
    return new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `expected a regular expression, got ${JSON.stringify(text)} (${reason})`,
      {
        cause: error,
      },
    );
  }
}
