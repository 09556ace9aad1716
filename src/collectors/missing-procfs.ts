import type { Config } from '../config/config.ts';
import { SourceError } from '../model/errors.ts';

/** The error for files that every procfs has; the same for all collectors, so that it is logged once. */
export function missingProcfs({ paths }: Pick<Config, 'paths'>): SourceError {
  return new SourceError(
    'absent',
    `--path.procfs ${JSON.stringify(paths.procfs)} has no "stat" or "net/snmp"; expected the path at which procfs is mounted`,
  );
}
