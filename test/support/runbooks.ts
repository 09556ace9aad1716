import { readdirSync, readFileSync } from 'node:fs';

/** Folder of the runbooks. */
export const runbooksFolder: string = new URL('../../docs/runbooks/', import.meta.url).pathname;

/** The pages of `docs/runbooks/`: file name and text. */
export function runbookPages(): readonly (readonly [file: string, text: string])[] {
  return readdirSync(runbooksFolder).map(
    (file) => [file, readFileSync(runbooksFolder + file, 'utf8')] as const,
  );
}

/** The queries of a page. */
export function runbookQueries(page: string): readonly string[] {
  return [...page.matchAll(/^```promql\n(.*?)^```$/gms)].map(([, query = '']) => query);
}
