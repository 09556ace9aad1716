import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';

import type { Config } from '../config/config.ts';
import { logfmtLine } from './logfmt.ts';

/** Makes the logger; it writes a line for each message to `write`. */
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
      // Neither process id nor host name: what collects the log knows both.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
}
