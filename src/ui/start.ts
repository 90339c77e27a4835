import { startJson } from './json.ts';
import { startPlain } from './plain.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import type { RendererKind } from './select-ui.ts';

/** Starts the renderer that `selectUi` chose. */
export async function startRenderer(kind: RendererKind, options: RendererOptions): Promise<Renderer> {
  if (kind === 'tui') return startTui(options);
  return kind === 'json' ? startJson(options) : startPlain(options);
}

/** The screen. Ink and React are loaded only here: they take a third of a second that other commands need not pay. */
export async function startTui(options: RendererOptions): Promise<Renderer> {
  return (await import('./tui/screen.tsx')).startScreen(options);
}
