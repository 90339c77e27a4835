import { Box, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Style } from '../style.ts';
import { bannerLines } from './banner.ts';
import { Facts } from './facts.tsx';
import { Footer } from './footer.tsx';
import { planLayout } from './layout.ts';
import { modelRows, Panels } from './panels.tsx';
import { Rows } from './rows.tsx';
import type { ScreenModel } from './screen-model.ts';
import { Title } from './title.tsx';

/** All but the log: the head, and the footer as the last row. The log pane is put in between by `Screen`. */
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
  const { state, size } = model;
  const frame = { columns: size.columns, style };
  const banner = bannerLines(state, size.columns, style);
  const layout = planLayout(size, {
    bannerLines: banner.length,
    modelRows: modelRows(state.models, state.failures),
    hasProgress: state.progress !== null,
    hasReload: state.reload !== null,
    hasReplay: state.replay !== null,
    hasKey: state.auth === 'key',
  });
  const requests = model.requests.newest(layout.requests);
  return (
    <Box flexDirection="column" width={size.columns}>
      <Title state={state} now={wallClock()} frame={frame} />
      {layout.gaps > 1 && <Text> </Text>}
      <Rows texts={banner.slice(0, layout.banner)} frame={frame} />
      {layout.gaps > 2 && <Text> </Text>}
      <Facts state={state} shownKey={model.shownKey} layout={layout} frame={frame} />
      {layout.gaps > 0 && <Text> </Text>}
      <Panels
        models={state.models}
        failures={state.failures}
        statistics={state.statistics}
        requests={requests}
        figures={model.requests.figures()}
        layout={layout}
        frame={frame}
      />
      <Footer model={model} frame={frame} />
    </Box>
  );
}
