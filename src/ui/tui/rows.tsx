import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Style } from '../style.ts';

export const LABEL_WIDTH = 10;

/** What every part of the screen is drawn with. */
export interface Frame {
  readonly columns: number;
  readonly style: Style;
}

/**
 * One row, truncated with an ellipsis to its width. Colours come as escape sequences of our own `Style`: Ink's colour
 * properties ask chalk, which knows neither `--no-color` nor the terminal that we draw on.
 */
export function Row({ children }: { readonly children: string }) {
  // Ink gives an empty text no height.
  return <Text wrap="truncate-end">{children === '' ? ' ' : children}</Text>;
}

/** Several rows, one below the other. */
export function Rows({ texts }: { readonly texts: readonly string[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
  return texts.map((text, row) => <Row key={row}>{text}</Row>);
}

/** Content beside a dimmed label. */
export function Fact({
  label,
  style,
  children,
}: {
  readonly label: string;
  readonly style: Style;
  readonly children: ReactNode;
}) {
  return (
    <Box>
      <Box width={LABEL_WIDTH} flexShrink={0}>
        <Text>{style.dim(label)}</Text>
      </Box>
      <Box flexDirection="column" flexGrow={1} flexBasis={0}>
        {children}
      </Box>
    </Box>
  );
}

/** The parts that fit whole into one row, in order; the first is always shown, shortened if it must be. */
export function FittingParts({ parts, style }: { readonly parts: readonly string[]; readonly style: Style }) {
  const separator = style.dim(' · ');
  return (
    // What does not fit wraps into rows that are not shown.
    <Box flexWrap="wrap" height={1} overflow="hidden">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the row
        <Text key={index} wrap="truncate-end">
          {index === 0 ? part : separator + part}
        </Text>
      ))}
    </Box>
  );
}
