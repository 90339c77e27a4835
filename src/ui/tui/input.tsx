import { type Key, useInput } from 'ink';
import { useLayoutEffect } from 'react';

/**
 * Passes every key press to `onKey`, and calls `onGone` when Ink gives up the terminal; shows nothing. There is one
 * handler, which asks the model who gets a key: Ink's focus moves two renders later, and keys typed right after `/` would
 * be lost or taken for commands (figures: `test/bench/README.md`).
 */
export function Input({
  onKey,
  onGone,
}: {
  readonly onKey: (input: string, key: Key) => void;
  readonly onGone: () => void;
}) {
  useInput(onKey);
  // Not a passive effect: when a signal ends the process, only what runs within the unmount runs at all.
  useLayoutEffect(() => onGone, [onGone]);
  return null;
}
