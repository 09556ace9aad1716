/** Maximum length of quoted input in an error message. */
const maxQuotedLength = 120;

/** Quotes input for an error message: JSON-escaped, so that control characters show, and cut when long. */
export function quote(input: string): string {
  return JSON.stringify(
    input.length > maxQuotedLength ? `${input.slice(0, maxQuotedLength)}…` : input,
  );
}

/** Splits text into lines; a trailing newline does not start another line. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}

/** Splits text into lines numbered from 1. */
export function numberedLines(text: string): readonly (readonly [number: number, line: string])[] {
  return linesOf(text).map((line, index) => [index + 1, line]);
}
