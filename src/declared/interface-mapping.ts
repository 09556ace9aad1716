import { matchesGlob } from '../parsers/glob.ts';
import type { InterfacesItem } from '../parsers/interfaces.ts';
import { baseName } from './config-tree.ts';

type Mapping = Extract<InterfacesItem, { readonly kind: 'mapping' }>;

/** The stanzas that may be for a device, and the script that chooses one of them; undefined where that is known. */
interface MappedDevice {
  readonly names: readonly string[];
  readonly chosenBy: string | undefined;
}

/** Says which stanzas `mapping` of interfaces(5) chooses for a device. @see run_mapping() in ifupdown's main.c */
export function mapDevice(
  device: string,
  first: string,
  mappings: readonly Mapping[],
): MappedDevice {
  let logical = first;
  for (const { patterns, options } of mappings) {
    if (patterns.some((pattern) => matchesGlob(pattern, logical))) {
      const lines = options.filter(({ key }) => key === 'map').map(({ value }) => value);
      const script = options.find(({ key }) => key === 'script')?.value ?? '';
      // It is no shell's: no program has blanks in its name, and then the device is not brought up.
      if (/\s|^$/.test(script)) {
        return { names: [], chosenBy: undefined };
      }
      const output = runScript(script, device, lines);
      if (output === undefined) {
        const named = lines.map((line) => line.split(/\s+/).at(-1) ?? '');
        return { names: [...named, logical], chosenBy: script };
      }
      logical = output === '' ? logical : output;
    }
  }
  return { names: [logical], chosenBy: undefined };
}

/** What a script prints that is given a device as its only argument, and lines; undefined where only running it tells. */
function runScript(script: string, device: string, lines: readonly string[]): string | undefined {
  switch (baseName(script)) {
    case 'echo':
      return device;
    case 'grep':
      return lines.find((line) => line.includes(device)) ?? '';
    case 'true':
    case 'false':
      return '';
    default:
      return undefined;
  }
}
