import { Box, Text } from 'ink';
import type { RequestEntry, RequestFigures } from '../../events/index.ts';
import type { Layout } from './layout.ts';
import { type ModelFacts, Models } from './models.tsx';
import { Requests, RequestTotals } from './requests.tsx';
import { Fact, type Frame, LABEL_WIDTH, Row } from './rows.tsx';

export interface PanelsProps extends ModelFacts {
  readonly requests: readonly RequestEntry[];
  readonly figures: RequestFigures;
  readonly layout: Layout;
  readonly frame: Frame;
}

/** Models and requests: side by side if they fit, otherwise one above the other. */
export function Panels(props: PanelsProps) {
  if (!props.layout.figures) return null;
  return props.layout.wide ? <WidePanels {...props} /> : <NarrowPanels {...props} />;
}

const GAP = 3;
const MODELS_SHARE = 0.48;

function WidePanels({ requests, figures, layout, frame, ...facts }: PanelsProps) {
  const { style, columns } = frame;
  const left = Math.floor((columns - 2 - GAP) * MODELS_SHARE);
  return (
    <Box columnGap={GAP} height={1 + Math.max(layout.models, layout.requests)}>
      <Box flexDirection="column" width={left} flexShrink={0}>
        <Row>{style.dim('models')}</Row>
        <Models {...facts} rows={layout.models} width={left} style={style} />
      </Box>
      <Box flexDirection="column" flexGrow={1} flexBasis={0}>
        <Box columnGap={2}>
          <Text>{style.dim('requests')}</Text>
          <Box flexGrow={1} flexBasis={0}>
            <RequestTotals figures={figures} style={style} />
          </Box>
        </Box>
        <Requests requests={requests.slice(0, layout.requests)} style={style} />
      </Box>
    </Box>
  );
}

function NarrowPanels({ requests, figures, layout, frame, ...facts }: PanelsProps) {
  const { style, columns } = frame;
  const width = columns - 2 - LABEL_WIDTH;
  return (
    <>
      {layout.models > 0 && facts.models.length > 0 && (
        <Fact label="models" style={style}>
          <Models {...facts} rows={layout.models} width={width} style={style} />
        </Fact>
      )}
      <Fact label="requests" style={style}>
        <RequestTotals figures={figures} style={style} />
      </Fact>
      <Fact label="" style={style}>
        <Box flexDirection="column" height={layout.requests}>
          <Requests requests={requests.slice(0, layout.requests)} style={style} />
        </Box>
      </Fact>
    </>
  );
}
