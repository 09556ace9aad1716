import { ConfigError, SourceError } from '../model/errors.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { readSmallFile } from './small-file.ts';

/**
 * Reads a YAML file of known issues. What reads YAML is loaded only then: most agents never need it.
 *
 * @param others the issues there are besides.
 * @throws {ConfigError} when it cannot be read, or says what it must not: with the file, the line and the field.
 */
export async function readKnownIssuesFile(
  path: string,
  others: readonly KnownIssue[],
): Promise<readonly KnownIssue[]> {
  try {
    const { parseKnownIssues } = await import('../config/known-issues.ts');
    const taken = new Set(others.map(({ id }) => id));
    return parseKnownIssues(await readSmallFile(path), { file: path, taken });
  } catch (error) {
    throw error instanceof SourceError
      ? new ConfigError(`--known-issues.file: ${error.message}`, { cause: error })
      : error;
  }
}
