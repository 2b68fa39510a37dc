/** Rows as aligned columns; `alignRight` says which columns (numbers stand one below the other at their right end). */
export function table(rows: string[][], alignRight: (column: number) => boolean = () => false): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      alignRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
