import { timingSafeEqual } from 'node:crypto';

import { SourceError } from '../model/errors.ts';

/** Compares a password with a bcrypt hash. Calls must not overlap. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>;

/** libxcrypt under either name, or a C library with crypt built in; that of an older glibc has no bcrypt. */
const libraries = ['libcrypt.so.1', 'libcrypt.so.2', null];
/** Max size of `struct crypt_data`, in an older glibc; libxcrypt's has 32 KiB. */
const dataBytes = 131_232;
/** Hash of the empty password. */
const knownHash = '$2b$04$/F/1V/eE.OJ.5AaHsVWKL.uOAJbos7IsOK5n20oufspZcHJizCwSy';

/**
 * Opens the system's libcrypt; comparisons run on a thread of the pool.
 *
 * @throws {SourceError} `absent` when the native module or the library cannot be loaded, or has no bcrypt.
 * @see crypt_r(3)
 */
export async function openLibcrypt(): Promise<ComparePassword> {
  const problems: unknown[] = [];
  for (const library of libraries) {
    try {
      const { default: koffi } = await import('koffi');
      const crypt = koffi
        .load(library)
        .func('const char *crypt_r(const char *phrase, const char *setting, void *data)');
      const data = Buffer.alloc(dataBytes);
      const compare: ComparePassword = async (password, hash) => {
        // libcrypt would take the NUL for the end of the password.
        if (password.includes('\0')) {
          return false;
        }
        return isSame(hash, await call(crypt, [password, hash, data]));
      };
      if (await compare('', knownHash)) {
        return compare;
      }
    } catch (error) {
      problems.push(error);
    }
  }
  throw new SourceError('absent', `libcrypt cannot be called: ${String(problems[0])}`, {
    cause: problems[0],
  });
}

async function call(
  crypt: { readonly async: (...given: readonly unknown[]) => unknown },
  callArguments: readonly unknown[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    crypt.async(...callArguments, (error: unknown, returned: unknown) => {
      if (error instanceof Error) {
        reject(new SourceError('failed', `crypt_r: ${error.message}`, { cause: error }));
      } else {
        resolve(returned);
      }
    });
  });
}

/** @throws {SourceError} `failed` when libcrypt returned an error, which begins with an asterisk. */
function isSame(hash: string, computed: unknown): boolean {
  if (typeof computed !== 'string' || computed.startsWith('*')) {
    throw new SourceError('failed', 'crypt_r: expected a supported hash');
  }
  const [expected, got] = [Buffer.from(hash), Buffer.from(computed)];
  return expected.length === got.length && timingSafeEqual(expected, got);
}
