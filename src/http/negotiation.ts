import type { IncomingHttpHeaders } from 'node:http';

import Negotiator from 'negotiator';

import type { ExpositionFormat } from '../metrics/exposition.ts';

/** What a scrape may accept, by the format it gets; the first where it prefers neither. */
const formats: ReadonlyMap<string, ExpositionFormat> = new Map([
  ['text/plain;version=0.0.4', 'text'],
  ['text/plain;version=1.0.0', 'text'],
  ['application/openmetrics-text;version=1.0.0', 'openMetrics'],
]);
/** Parameters that make no difference: all is UTF-8, and no name needs escaping. */
const indifferent = /;[ \t]*(?:charset|escaping)=[^;,]*/gi;

/**
 * Chooses the format of a scrape by its header Accept: OpenMetrics where that is preferred to text, else text, also where
 * neither is accepted.
 *
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function expositionFormat({ accept = '' }: IncomingHttpHeaders): ExpositionFormat {
  const headers = { accept: accept.replaceAll(indifferent, '') };
  const type = new Negotiator({ headers }).mediaType([...formats.keys()]);
  return formats.get(type ?? '') ?? 'text';
}

/** Whether the response may be compressed with gzip. */
export function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  return new Negotiator({ headers }).encoding(['gzip', 'identity']) === 'gzip';
}
