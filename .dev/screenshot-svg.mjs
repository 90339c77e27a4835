// A picture of a terminal's screen: every run of cells of one style is a piece of text at its place.

const CELL = { width: 8.4, height: 19 };
const MARGIN = 16;
const BAR = 30;
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const BACKGROUND = '#14171c';
const FOREGROUND = '#d6dae0';
/** The sixteen colours of a terminal, the bright ones behind the others. */
const PALETTE = [
  ...['#3b4048', '#e0697a', '#87c77b', '#e0bf72', '#6bacf0', '#c583d8', '#5fbcc6', '#d6dae0'],
  ...['#767d89', '#f08a98', '#a3dd97', '#f2d690', '#8fc4ff', '#dba3ec', '#82d8e0', '#ffffff'],
];

/** The rows of an xterm.js buffer as an SVG. */
export function svgOf(buffer, columns, rows) {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + BAR + MARGIN;
  const lines = Array.from({ length: rows }, (_, row) => lineOf(buffer, row, columns)).flat();
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The screen of triton-local up">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    ...['#e0697a', '#e0bf72', '#87c77b'].map(
      (colour, index) => `<circle cx="${20 + index * 18}" cy="16" r="5.5" fill="${colour}"/>`,
    ),
    `<g font-family="${FONT}" font-size="14" fill="${FOREGROUND}" xml:space="preserve">`,
    ...lines,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

function lineOf(buffer, row, columns) {
  const line = buffer.getLine(buffer.viewportY + row);
  const runs = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column);
    if (!cell || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    if (last?.style === style && last.column + last.cells === column)
      Object.assign(last, { text: last.text + text, cells: last.cells + cell.getWidth() });
    else runs.push({ column, style, text, cells: cell.getWidth() });
  }
  return runs.filter(({ text }) => text.trim() !== '').map((run) => textOf(run, row));
}

function textOf({ column, style, text, cells }, row) {
  const x = (MARGIN + column * CELL.width).toFixed(1);
  const y = BAR + row * CELL.height + 14;
  const length = (cells * CELL.width).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}"${style}>${escapeXml(text)}</text>`;
}

function styleOf(cell) {
  const colour = cell.isFgDefault() ? undefined : colourOf(cell.getFgColor(), cell.isFgRGB());
  return [
    colour ? ` fill="${colour}"` : '',
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isDim() ? ' opacity="0.6"' : '',
  ].join('');
}

function colourOf(colour, isRgb) {
  return isRgb ? `#${colour.toString(16).padStart(6, '0')}` : PALETTE[colour];
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
