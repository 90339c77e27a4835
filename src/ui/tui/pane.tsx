import { Box, type DOMElement, measureElement, Text } from 'ink';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Style } from '../style.ts';
import { overlayRows, overlayTitle, visibleRows } from './overlays.ts';
import { Row, Rows } from './rows.tsx';
import type { ScreenModel } from './screen-model.ts';

/**
 * The area between header and footer: empty while the log is shown, which `Screen` paints there, otherwise the help or
 * the details. The height from Ink's layout goes to the model, for the log and the keys that scroll.
 */
export function Pane({ model, style }: { readonly model: ScreenModel; readonly style: Style }) {
  const box = useRef<DOMElement>(null);
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    if (!box.current) return;
    model.paneHeight = measureElement(box.current).height;
    setHeight(model.paneHeight);
  });
  return (
    <Box ref={box} flexDirection="column" flexGrow={1} flexBasis={0} paddingRight={1} overflow="hidden">
      {model.pane !== 'log' && <Overlay model={model} style={style} rows={Math.max(0, height - 1)} />}
    </Box>
  );
}

/** The help or the details below a rule that says which part of them is shown. */
function Overlay({
  model,
  style,
  rows,
}: {
  readonly model: ScreenModel;
  readonly style: Style;
  readonly rows: number;
}) {
  const texts = overlayRows(model, style);
  const visible = visibleRows(model.paneOffset, texts.length, rows);
  return (
    <>
      <Box flexShrink={0}>
        <Box flexShrink={0}>
          <Text>{style.dim(overlayTitle(model.pane, visible, texts.length))}</Text>
        </Box>
        <Box flexGrow={1} flexBasis={0} height={1} overflow="hidden">
          <Text>{style.dim('─'.repeat(model.size.columns))}</Text>
        </Box>
        <Box>
          <Row>{style.dim(' Esc closes ──')}</Row>
        </Box>
      </Box>
      <Rows texts={texts.slice(visible.first, visible.end)} />
    </>
  );
}
