import type { ConfigFile, Declaration } from '../model/declaration.ts';
import { baseName, directoryOf } from './config-tree.ts';
import { mentionsSwitch } from './ethtool-run.ts';
import type { HostContext } from './predict.ts';

/** Directories of scripts that run at boot, or when a device is configured. */
const scriptDirectories =
  /^\/etc\/(?:network\/if-(?:pre-up|up)\.d|NetworkManager\/dispatcher\.d(?:\/pre-up\.d)?|networkd-dispatcher\/[\w-]+\.d|cron\.d|init\.d|wicked\/scripts)$|^\/var\/spool\/cron(?:\/crontabs)?$/;
const scripts = new Set(['/etc/rc.local', '/etc/rc.d/rc.local', '/etc/crontab']);
/** Scripts of the package ethtool, whose effect is known. */
const packagedHooks = new Set(['/etc/network/if-up.d/ethtool', '/etc/network/if-pre-up.d/ethtool']);
const executable = 0o111;

/** Finds scripts that call ethtool; their effect is unknown without running them. */
export function predictScripts({ tree }: HostContext): readonly Declaration[] {
  return [...tree.values()]
    .filter((file) => isRun(file) && !packagedHooks.has(file.path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((raw, index): readonly Declaration[] =>
        /^\s*#/.test(raw) || !mentionsSwitch(raw) || (isCrontab(path) && !raw.includes('@reboot'))
          ? []
          : [
              {
                source: 'script',
                file: path,
                line: index + 1,
                text: raw.trim(),
                device: undefined,
                settings: [],
                outcome: { kind: 'unknown', detail: `${path} calls ethtool` },
              },
            ],
      ),
    );
}

function isCrontab(path: string): boolean {
  return path.includes('cron');
}

function isRun({ path, mode }: ConfigFile): boolean {
  const isNamed = scripts.has(path) || scriptDirectories.test(directoryOf(path));
  // run-parts passes over names with a dot.
  const isPassedOver =
    /^\/etc\/(?:network\/if-|cron\.d)/.test(path) && !/^[\w-]+$/.test(baseName(path));
  return (
    isNamed &&
    !isPassedOver &&
    (isCrontab(path) || (mode & executable) !== 0) &&
    !baseName(path).startsWith('.')
  );
}
