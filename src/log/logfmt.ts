/**
 * Turns one line of pino's JSON into a line of logfmt, the form Prometheus and its exporters log in.
 *
 * One real line: `time=2026-01-02T03:04:05.678Z level=warn msg="no answer" device=eno1`
 */
export function logfmtLine(jsonLine: string): string {
  const fields: unknown = JSON.parse(jsonLine);
  return `${Object.entries(typeof fields === 'object' && fields !== null ? fields : {})
    .map(([key, value]) => `${key}=${logfmtValue(value)}`)
    .join(' ')}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
