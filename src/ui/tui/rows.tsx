import { Text } from 'ink';
import type { Style } from '../style.ts';
import { cut, fitTo, widthOf } from '../text.ts';

export const LABEL_WIDTH = 10;

/** What every part of the head is made with. */
export interface Frame {
  readonly columns: number;
  readonly style: Style;
}

/** Rows of the screen with a margin at both sides, each cut to fit. */
export function Rows({ texts, frame }: { readonly texts: readonly string[]; readonly frame: Frame }) {
  if (texts.length === 0) return null;
  // A row must not be empty: Ink gives an empty text no height.
  return <Text>{texts.map((text) => ` ${cut(text, frame.columns - 2)}`).join('\n')}</Text>;
}

/** A row that begins with a quiet label. */
export function fact(label: string, text: string, style: Style): string {
  return style.dim(label.padEnd(LABEL_WIDTH)) + text;
}

/** Two texts at both edges; the left one gives way. */
export function spread(left: string, right: string, width: number): string {
  const room = width - widthOf(right) - 2;
  return room < 8 ? cut(left, width) : `${fitTo(left, room)}  ${right}`;
}

/** The parts that fit wholly into `width`, in order; the first is always there. */
export function joinFitting(parts: readonly string[], separator: string, width: number): string {
  let joined = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    if (widthOf(joined) + widthOf(separator) + widthOf(part) > width) break;
    joined += separator + part;
  }
  return joined;
}
