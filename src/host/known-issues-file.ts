import type { Logger } from 'pino';

import { ConfigError, SourceError, messageOf } from '../model/errors.ts';
import type { KnownIssue } from '../model/known-issue.ts';
import { readSmallFile } from './small-file.ts';

/** The known issues of a file. */
export interface KnownIssuesFile {
  issues(): readonly KnownIssue[];
  /** Reloads the file. If it is invalid, logs the error and keeps the previous issues. */
  reload(): Promise<void>;
  isUpToDate(): boolean;
  /** When the issues in force were loaded, in seconds since the epoch. */
  lastReadSeconds(): number;
}

export interface KnownIssuesFileOptions {
  readonly path: string;
  /** Issues from other sources, whose IDs are taken. */
  readonly others: readonly KnownIssue[];
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/**
 * Opens a YAML file of known issues. The YAML parser is loaded only then, as most agents do not need it.
 *
 * @throws {ConfigError} when it cannot be read or is invalid; names the file, the line and the field.
 */
export async function openKnownIssuesFile({
  path,
  others,
  log,
}: KnownIssuesFileOptions): Promise<KnownIssuesFile> {
  const taken = new Set(others.map(({ id }) => id));
  const read = async (): Promise<readonly KnownIssue[]> => {
    try {
      const { parseKnownIssues } = await import('../config/known-issues.ts');
      return parseKnownIssues(await readSmallFile(path), { file: path, taken });
    } catch (error) {
      throw error instanceof SourceError
        ? new ConfigError(`--known-issues.file: ${error.message}`, { cause: error })
        : error;
    }
  };
  let issues = await read();
  let lastReadSeconds = Date.now() / 1000;
  let isUpToDate = true;
  return {
    issues: () => issues,
    isUpToDate: () => isUpToDate,
    lastReadSeconds: () => lastReadSeconds,
    reload: async () => {
      try {
        issues = await read();
        lastReadSeconds = Date.now() / 1000;
        isUpToDate = true;
        log.info({ file: path }, 'known issues reloaded');
      } catch (error) {
        isUpToDate = false;
        log.error(
          { error: messageOf(error) },
          'cannot reload the known issues, keeping the previous ones',
        );
      }
    },
  };
}
