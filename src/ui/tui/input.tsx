import type { Key } from 'ink';
import { useInput } from 'ink';

/** Hands every key press on; shows nothing. */
export function Input({ onKey }: { readonly onKey: (input: string, key: Key) => void }) {
  useInput(onKey);
  return null;
}
