import { execa } from 'execa';

export interface DebianRootOptions {
  readonly suite: string;
  /** Beside those every Debian has. */
  readonly packages?: readonly string[];
}

/** Installs a Debian from its packages into a folder that is made for it. */
export async function installDebian(
  root: string,
  { suite, packages = [] }: DebianRootOptions,
): Promise<void> {
  await execa('mmdebstrap', [
    '--mode=root',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    // Nothing of it has to outlive a power cut.
    '--dpkgopt=force-unsafe-io',
    suite,
    root,
  ]);
}
