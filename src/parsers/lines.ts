/** A message quotes at most this much of the input it complains about. */
const quotedLength = 120;

/** Quotes input for an error message: JSON-escaped, so that control characters show, and cut when long. */
export function quote(input: string): string {
  return JSON.stringify(input.length > quotedLength ? `${input.slice(0, quotedLength)}…` : input);
}

/** Splits text into lines; a trailing newline ends the last line and starts none. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}

/** The same, numbered from 1. */
export function numberedLines(text: string): readonly (readonly [number: number, line: string])[] {
  return linesOf(text).map((line, index) => [index + 1, line]);
}
