import { type FSWatcher, type Stats, statSync, watch } from 'node:fs';
import path from 'node:path';
import { hasErrno } from '../base/index.ts';
import type { WatchedPlaces } from './watched-places.ts';

export interface WatchListener {
  /** Something happened at this path, or may have. */
  hint(target: string): void;
  /** Events no longer arrive, or not for all files: a system limit, as an errno name, or another error. */
  fail(error: unknown): void;
}

/**
 * Passes file system events on as hints. They may arrive twice, late or not at all, and say nothing about content.
 * Resolves before every folder is watched, which takes a second for 10,000 files; a hint follows then.
 */
export async function watchPlaces(
  places: WatchedPlaces,
  listener: WatchListener,
  platform: NodeJS.Platform = process.platform,
): Promise<AsyncDisposable> {
  // There, chokidar 5 holds one handle per entry, and beyond about 10,000 no child process can be started (chokidar
  // issue 1452). These systems watch a whole tree with one handle.
  const isRecursive = platform === 'darwin' || platform === 'win32';
  return isRecursive ? watchTrees(places, listener) : watchEntries(places, listener);
}

async function watchEntries(places: WatchedPlaces, listener: WatchListener): Promise<AsyncDisposable> {
  const { FSWatcher: EntryWatcher } = await import('chokidar');
  const watcher = new EntryWatcher({
    ignored: (target: string, stats?: Stats) => places.isIgnored(target, stats),
    ignoreInitial: true,
    ignorePermissionErrors: true,
    atomic: false,
  });
  watcher.on('all', (_event, target) => listener.hint(target));
  // Raw events bypass the throttle that drops a second change within 50 ms.
  watcher.on('raw', (_event, name, details) => {
    const watched = watchedPathOf(details);
    const target = name && path.basename(watched) !== name ? path.join(watched, name) : watched;
    if (!places.isIgnored(target, undefined)) listener.hint(target);
  });
  watcher.on('ready', () => listener.hint(places.roots[0] ?? ''));
  watcher.on('error', (error) => listener.fail(error));
  watcher.add([...places.roots]);
  return { [Symbol.asyncDispose]: () => watcher.close() };
}

function watchedPathOf(details: unknown): string {
  const isKnown = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return isKnown && typeof details.watchedPath === 'string' ? details.watchedPath : '';
}

async function watchTrees(places: WatchedPlaces, listener: WatchListener): Promise<AsyncDisposable> {
  const watchers: FSWatcher[] = [];
  for (const root of places.roots) {
    try {
      const recursive = statSync(root).isDirectory();
      const watcher = watch(root, { recursive, persistent: false }, (_event, name) => {
        const target = name && recursive ? path.join(root, name) : root;
        if (!places.isIgnored(target, undefined)) listener.hint(target);
      });
      watcher.on('error', (error) => listener.fail(error));
      watchers.push(watcher);
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) listener.fail(error);
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const watcher of watchers) watcher.close();
    },
  };
}
