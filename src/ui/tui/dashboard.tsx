import { Box } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Style } from '../style.ts';
import { bannerLines } from './banner.ts';
import { Facts } from './facts.tsx';
import { Footer } from './footer.tsx';
import { planLayout } from './layout.ts';
import { modelRows } from './models.tsx';
import { Pane } from './pane.tsx';
import { Panels } from './panels.tsx';
import { type Frame, Rows } from './rows.tsx';
import type { ScreenModel } from './screen-model.ts';
import { Title } from './title.tsx';

/**
 * The whole screen but its last row, which stays free: the head, the pane, the footer. Ink lays all of it out; into
 * the pane's place `Screen` paints the log.
 */
export function Dashboard({
  model,
  style,
  wallClock = Date.now,
}: {
  readonly model: ScreenModel;
  readonly style: Style;
  readonly wallClock?: () => number;
}) {
  useSyncExternalStore(model.subscribe, model.getVersion, model.getVersion);
  const { state, size, pane } = model;
  const frame = { columns: size.columns, style };
  return (
    <Box flexDirection="column" width={size.columns} height={Math.max(1, size.rows - 1)} overflow="hidden">
      <Box flexDirection="column" flexShrink={0} paddingX={1}>
        <Title state={state} now={wallClock()} frame={frame} />
        {pane === 'log' && <Head model={model} frame={frame} />}
      </Box>
      <Pane model={model} style={style} />
      <Box flexDirection="column" flexShrink={0} paddingX={1}>
        <Footer model={model} frame={frame} />
      </Box>
    </Box>
  );
}

/** What is broken, what runs, models and requests, as far as the height of the terminal allows. */
function Head({ model, frame }: { readonly model: ScreenModel; readonly frame: Frame }) {
  const { state, size, shownKey } = model;
  const banner = bannerLines(state, size.columns, frame.style);
  const layout = planLayout(size, {
    bannerLines: banner.length,
    modelRows: modelRows(state.models, state.failures),
    hasProgress: state.progress !== null,
    hasReload: state.reload !== null,
    hasReplay: state.replay !== null,
    hasKey: state.auth === 'key',
  });
  return (
    <>
      {layout.gaps > 1 && <Gap />}
      <Rows texts={banner.slice(0, layout.banner)} />
      {layout.gaps > 2 && <Gap />}
      <Facts state={state} shownKey={shownKey} layout={layout} frame={frame} />
      {layout.gaps > 0 && <Gap />}
      <Panels
        models={state.models}
        failures={state.failures}
        statistics={state.statistics}
        requests={model.requests.newest(layout.requests)}
        figures={model.requests.figures()}
        layout={layout}
        frame={frame}
      />
    </>
  );
}

const Gap = () => <Box height={1} />;
