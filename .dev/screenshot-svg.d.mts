import type { IBuffer } from '@xterm/headless';

export function svgOf(buffer: IBuffer, columns: number, rows: number): string;
