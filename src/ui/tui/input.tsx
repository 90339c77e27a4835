import { type Key, useInput } from 'ink';
import { useLayoutEffect } from 'react';

/** Hands every key press on and tells when Ink lets go of the terminal; shows nothing. */
export function Input({
  onKey,
  onGone,
}: {
  readonly onKey: (input: string, key: Key) => void;
  readonly onGone: () => void;
}) {
  useInput(onKey);
  // Not a passive effect: when a signal ends the process, only what happens within the unmount happens at all.
  useLayoutEffect(() => onGone, [onGone]);
  return null;
}
