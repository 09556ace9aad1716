import { SourceError } from '../model/errors.ts';
import type { SourceErrorReason } from '../model/errors.ts';

/** Reasons by errno of procfs, sysfs and device nodes. Any other is `failed`. */
const reasons: Readonly<Record<string, SourceErrorReason>> = {
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  ENODEV: 'absent',
  ENXIO: 'absent',
  EINVAL: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  EACCES: 'denied',
  EPERM: 'denied',
};

/** The errno name of a failed system call, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Translates a failed system call to a SourceError. */
export function sourceErrorFrom(error: unknown, path: string): SourceError {
  const code = errorCode(error);
  return new SourceError(
    reasons[code ?? ''] ?? 'failed',
    `cannot read ${JSON.stringify(path)}: ${code ?? String(error)}`,
    { cause: error },
  );
}
