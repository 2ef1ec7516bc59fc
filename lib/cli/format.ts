/** Columns aligned by spaces: readable in a terminal, in a log and in a pull request. */
export function table(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) =>
    rightAligned.includes(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n');
}

/** Three significant digits, with thousands separated. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: value >= 1_000 ? 4 : 3 });
}

export function usd(value: number): string {
  const digits = value >= 100 ? 0 : value >= 1 ? 2 : 4;
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

export function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumFractionDigits: 2 })} %`;
}
