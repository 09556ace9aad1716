import { timingSafeEqual } from 'node:crypto';

import { SourceError } from '../model/errors.ts';

/** Compares a password with a bcrypt hash. One at a time: the next call comes after the answer. */
export type ComparePassword = (password: string, hash: string) => Promise<boolean>;

/** Of libxcrypt under either name, and of a C library that has it built in; that of an older glibc does not know bcrypt. */
const libraries = ['libcrypt.so.1', 'libcrypt.so.2', null];
/** The largest `struct crypt_data` there is, that of an older glibc; libxcrypt's has 32 KiB. */
const dataBytes = 131_232;
/** The password is empty. */
const knownHash = '$2b$04$/F/1V/eE.OJ.5AaHsVWKL.uOAJbos7IsOK5n20oufspZcHJizCwSy';

/**
 * Opens the system's libcrypt, which compares on a thread of the pool.
 *
 * @throws {SourceError} `absent` when the native module or the library cannot be loaded, or knows no bcrypt.
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
        // To libcrypt the password would end there.
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

interface AsyncFunction {
  readonly async: (...callArguments: readonly unknown[]) => unknown;
}

async function call(crypt: AsyncFunction, callArguments: readonly unknown[]): Promise<unknown> {
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

/** @throws {SourceError} `failed` where libcrypt gave none, which begins with an asterisk. */
function isSame(hash: string, computed: unknown): boolean {
  if (typeof computed !== 'string' || computed.startsWith('*')) {
    throw new SourceError('failed', 'crypt_r: expected a hash it knows');
  }
  const [expected, got] = [Buffer.from(hash), Buffer.from(computed)];
  return expected.length === got.length && timingSafeEqual(expected, got);
}
