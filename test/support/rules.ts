import { readdirSync, readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { listAt, stringsAt, valueAt } from './value-at.ts';

/** A rule of `alerts/`. */
export interface Rule {
  readonly file: string;
  readonly kind: 'alert' | 'record';
  readonly name: string;
  readonly expression: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Folder of the rules. */
export const alertsFolder: string = new URL('../../alerts/', import.meta.url).pathname;

/** Names of the files of `alerts/` that end like this. */
export function alertFiles(ending: '.rules.yaml' | '.test.yaml'): readonly string[] {
  return readdirSync(alertsFolder).filter((file) => file.endsWith(ending));
}

/** Text of a file of `alerts/`. */
export function readAlertFile(file: string): string {
  return readFileSync(`${alertsFolder}${file}`, 'utf8');
}

/** Every rule of `alerts/`. */
export function readRules(): readonly Rule[] {
  return alertFiles('.rules.yaml').flatMap((file) => {
    const content: unknown = parse(readAlertFile(file));
    return listAt(content, 'groups')
      .flatMap((group) => listAt(group, 'rules'))
      .map((rule) => {
        const kind = valueAt(rule, 'alert') === undefined ? 'record' : 'alert';
        return {
          file,
          kind,
          name: String(valueAt(rule, kind)),
          expression: String(valueAt(rule, 'expr')),
          labels: stringsAt(rule, 'labels'),
          annotations: stringsAt(rule, 'annotations'),
        };
      });
  });
}
