import { createStyle } from './style.ts';
import { cut, widthOf } from './text.ts';

export interface TableOptions {
  readonly color?: boolean;
  /** Indices of right-aligned columns, such as figures. */
  readonly right?: readonly number[];
  /** Maximum width of a line; the last column is shortened. */
  readonly width?: number;
}

const GAP = '  ';

/** Aligned columns; the first row is the heading. Cells may contain colours. Ends without a line break. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { color = false, right = [], width }: TableOptions = {},
): string {
  const style = createStyle(color);
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows
    .map((row, index) => {
      const cells = widths.map((cellWidth, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(cellWidth - widthOf(cell));
        return right.includes(column) ? space + cell : cell + space;
      });
      const line = cells.join(GAP).trimEnd();
      const fitting = width === undefined ? line : cut(line, width);
      return index === 0 ? style.dim(fitting) : fitting;
    })
    .join('\n');
}
