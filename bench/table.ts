/** A column of numbers. */
export interface Column<Row> {
  readonly title: string;
  readonly read: (row: Row) => number | undefined;
}

/** Titles of columns, for the head of a table. */
export function titles<Row>(columns: readonly Column<Row>[]): readonly string[] {
  return columns.map(({ title }) => title);
}

/** Cells of a row. */
export function cells<Row>(columns: readonly Column<Row>[], row: Row): readonly string[] {
  return columns.map(({ read }) => formatNumber(read(row)));
}

/** The first row divided by the second. */
export function ratios<Row>(
  columns: readonly Column<Row>[],
  [dividend, divisor]: readonly Row[],
): readonly string[] {
  return columns.map(({ read }) =>
    dividend === undefined || divisor === undefined
      ? ''
      : formatNumber((read(dividend) ?? Number.NaN) / (read(divisor) ?? Number.NaN)),
  );
}

/** Up to three decimals; `-` for a missing value. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) {
    return '-';
  }
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 1);
}

/** Pads cells; the first row is the header. Columns of numbers are right-aligned. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = [], ...body] = rows;
  const columns = head.map((title, column) => ({
    width: Math.max(title.length, ...body.map((row) => row[column]?.length ?? 0)),
    isNumeric: body.some((row) => /^\d[\d.: ]*$/.test(row[column] ?? '')),
  }));
  const lines = rows.map((row) =>
    columns
      .map(({ width, isNumeric }, column) => {
        const cell = row[column] ?? '';
        return isNumeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, columns.map(({ width }) => '-'.repeat(width)).join('  '));
}
