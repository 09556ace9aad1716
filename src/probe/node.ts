import { createNetworkCounters } from '../host/network-counters.ts';
import { openLibc } from '../host/libc.ts';
import { readSmallFile } from '../host/small-file.ts';
import { createTcpInfo } from '../host/tcp-info.ts';
import type { ReadTcpSegments } from '../host/tcp-info.ts';
import { assertSourceError, ConfigError, SourceError } from '../model/errors.ts';
import type { ProbeNode } from './connect.ts';

const minSecretBytes = 16;
const maxSecretBytes = 4096;

/** Opens the resources for probes. @throws {ConfigError} naming the file, when it has no secret. */
export async function openProbeNode(secretFile: string): Promise<ProbeNode> {
  return {
    secret: await readSecret(secretFile),
    readCounters: createNetworkCounters(),
    readSegments: await openTcpInfo(),
  };
}

async function readSecret(path: string): Promise<Buffer> {
  try {
    const secret = Buffer.from((await readSmallFile(path, maxSecretBytes)).trim());
    if (secret.length < minSecretBytes) {
      throw new SourceError(
        'failed',
        `expected ${minSecretBytes} bytes or more in ${JSON.stringify(path)}, got ${secret.length}`,
      );
    }
    return secret;
  } catch (error) {
    assertSourceError(error);
    throw new ConfigError(`--secret-file: ${error.message}`, { cause: error });
  }
}

/** Without the native module, segments are unknown. */
async function openTcpInfo(): Promise<ReadTcpSegments> {
  try {
    return createTcpInfo(await openLibc());
  } catch (error) {
    assertSourceError(error);
    return () => undefined;
  }
}
