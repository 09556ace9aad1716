import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';

import type { Config } from '../config/config.ts';

/** Creates the logger; it passes one line per message to `write`. */
export function createLogger(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  write: (line: string) => void,
): Logger {
  const destination: DestinationStream = {
    write: (line) => {
      write(logFormat === 'json' ? line : logfmtLine(line));
    },
  };
  return pino(
    {
      level: logLevel,
      // Neither process id nor host name: log collectors add both.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
}

/** The first keys of a line, in the order of Prometheus; others follow in the order given. */
const leadingKeys = ['time', 'level', 'source', 'msg'] as const;

/**
 * Converts a line of pino's JSON to logfmt, the log format of Prometheus and its exporters.
 *
 * One real line: `time=2026-01-02T03:04:05.678Z level=warn msg="no answer" device=eno1`
 *
 * @throws {SyntaxError} when the line is not JSON.
 */
export function logfmtLine(jsonLine: string): string {
  const parsed: unknown = JSON.parse(jsonLine);
  const fields = new Map(
    Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {}),
  );
  const keys = new Set([...leadingKeys.filter((key) => fields.has(key)), ...fields.keys()]);
  return `${[...keys].map((key) => `${key}=${logfmtValue(fields.get(key))}`).join(' ')}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
