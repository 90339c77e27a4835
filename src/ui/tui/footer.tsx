import type { Style } from '../style.ts';
import { cut, sanitize, widthOf } from '../text.ts';
import { keyHelp, type LeaveMeans } from './keys.ts';
import { type Frame, Rows } from './rows.tsx';
import type { ScreenModel } from './screen-model.ts';

/** The last row: the keys, or what is being typed, or what a key has just done. */
export function Footer({ model, frame }: { readonly model: ScreenModel; readonly frame: Frame }) {
  return <Rows texts={[footerText(model, frame)]} frame={frame} />;
}

function footerText(
  { isLeaving, typed, notice, leaveMeans }: ScreenModel,
  { style, columns }: Frame,
): string {
  if (isLeaving && leaveMeans === 'detach') return style.yellow('detaching');
  if (isLeaving) return `${style.yellow('stopping')} ${style.dim('Ctrl+C again ends at once')}`;
  if (typed !== undefined) {
    const hint = style.dim('  Enter keeps it · Esc shows all');
    return `${style.bold('/')}${sanitize(typed, false)}${style.inverse(' ')}${hint}`;
  }
  const keys = keyHints(leaveMeans, style, columns);
  if (!notice) return keys;
  const paint = notice.isError ? style.red : style.green;
  const text = cut(paint(sanitize(notice.text, false)), columns - 2);
  return widthOf(text) + widthOf(keys) + 4 <= columns - 2 ? `${keys}    ${text}` : text;
}

function keyHints(leaveMeans: LeaveMeans, style: Style, columns: number): string {
  const hints = keyHelp(leaveMeans).map(({ key, short }) => `${style.bold(key)} ${style.dim(short)}`);
  // Help comes last in the list and must not be what a narrow screen cuts off.
  while (hints.length > 2 && widthOf(hints.join('   ')) > columns - 2) hints.splice(hints.length - 2, 1);
  return hints.join('   ');
}
