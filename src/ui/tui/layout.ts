import type { Size } from './terminal.ts';

export interface LayoutNeeds {
  readonly bannerLines: number;
  readonly modelRows: number;
  readonly hasProgress: boolean;
  readonly hasReload: boolean;
  readonly hasReplay: boolean;
  /** Whether callers need a key. */
  readonly hasKey: boolean;
}

/** How many rows each part of the head gets; what gets none is not shown. */
export interface Layout {
  readonly engine: boolean;
  readonly urls: number;
  readonly key: boolean;
  readonly progress: boolean;
  readonly serving: boolean;
  readonly reload: boolean;
  readonly replay: boolean;
  readonly banner: number;
  /** Models and requests stand beside each other. */
  readonly wide: boolean;
  readonly models: number;
  readonly figures: boolean;
  readonly requests: number;
  readonly gaps: number;
}

const WIDE_COLUMNS = 100;
const LOG_SHARE = 1 / 3;
const LEAST_LOG_ROWS = 4;
/** Requests get a quarter of the screen, and more than these only on a tall one. */
const FEW_REQUESTS = 6;
const REQUEST_SHARE = 1 / 4;
/** Title, footer and the rule above the log. */
const FIXED_ROWS = 3;

/**
 * Hands out the rows above the log, the most telling first. The log keeps a third of the screen, the whole stays
 * one row below the terminal's height, and rows of requests are kept free before there are any: the screen must not jump.
 */
export function planLayout({ columns, rows }: Size, needs: LayoutNeeds): Layout {
  const log = Math.max(LEAST_LOG_ROWS, Math.floor((rows - 1) * LOG_SHARE));
  let budget = Math.max(0, rows - 1 - FIXED_ROWS - log);
  const take = (wanted: number): number => {
    const taken = Math.max(0, Math.min(wanted, budget));
    budget -= taken;
    return taken;
  };
  const wide = columns >= WIDE_COLUMNS;

  let banner = take(Math.min(1, needs.bannerLines));
  const engine = take(1) === 1;
  const urls = take(2);
  const key = take(needs.hasKey ? 1 : 0) === 1;
  const progress = take(needs.hasProgress ? 1 : 0) === 1;
  const serving = take(1) === 1;
  const figures = take(1) === 1;
  // In the wide form the headline of the requests stands above the models too.
  let models = wide && !figures ? 0 : take(Math.min(1, needs.modelRows));
  banner += take(Math.min(needs.bannerLines, 3) - banner);
  const reload = take(needs.hasReload ? 1 : 0) === 1;
  const replay = take(needs.hasReplay ? 1 : 0) === 1;
  let requests = wide ? models : 0;
  const growPanels = (mostModels: number, mostRequests: number) => {
    if (wide) {
      requests += take(Math.max(Math.min(needs.modelRows, mostModels), mostRequests) - requests);
      models = Math.min(needs.modelRows, requests);
    } else {
      models += take(Math.min(needs.modelRows, mostModels) - models);
      requests += take(mostRequests - requests);
    }
  };
  if (figures) growPanels(3, 3);
  const gaps = take(needs.bannerLines > 0 ? 3 : 2);
  banner += take(needs.bannerLines - banner);
  if (figures) growPanels(8, FEW_REQUESTS);
  if (figures) growPanels(needs.modelRows, Math.max(FEW_REQUESTS, Math.floor(rows * REQUEST_SHARE)));
  return {
    engine,
    urls,
    key,
    progress,
    serving,
    reload,
    replay,
    banner,
    wide,
    models,
    figures,
    requests,
    gaps,
  };
}
