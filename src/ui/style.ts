/** Styles of the 16 colours that every terminal theme defines; without colour they return their text unchanged. */
export interface Style {
  readonly color: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  /** White on red, for what must not be missed. */
  alarm(text: string): string;
  inverse(text: string): string;
}

export function createStyle(color: boolean): Style {
  const sgr = (on: string, off: string) =>
    color ? (text: string) => `\u001B[${on}m${text}\u001B[${off}m` : (text: string) => text;
  return {
    color,
    bold: sgr('1', '22'),
    // Bright black, not SGR 2: faint text is unreadable, or ignored, in several terminals.
    dim: sgr('90', '39'),
    red: sgr('31', '39'),
    green: sgr('32', '39'),
    yellow: sgr('33', '39'),
    cyan: sgr('36', '39'),
    alarm: sgr('1;97;41', '22;39;49'),
    inverse: sgr('7', '27'),
  };
}
