import type { Config } from '../config/config.ts';
import { SourceError } from '../model/errors.ts';

/** What collectors say of files that every procfs has, all alike: it is logged once. */
export function missingProcfs({ paths }: Pick<Config, 'paths'>): SourceError {
  return new SourceError(
    'absent',
    `--path.procfs ${JSON.stringify(paths.procfs)} has no "stat" or "net/snmp"; expected the path at which procfs is mounted`,
  );
}
