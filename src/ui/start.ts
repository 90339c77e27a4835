import { startJson } from './json.ts';
import { startPlain } from './plain.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import type { RendererKind } from './select-ui.ts';

/** Starts the renderer that `selectUi` chose. */
export async function startRenderer(kind: RendererKind, options: RendererOptions): Promise<Renderer> {
  if (kind === 'tui') return startTui(options);
  return kind === 'json' ? startJson(options) : startPlain(options);
}

/** Starts the screen. Only this loads Ink and React, which takes a third of a second. */
export async function startTui(options: RendererOptions): Promise<Renderer> {
  return (await import('./tui/screen.tsx')).startScreen(options);
}
