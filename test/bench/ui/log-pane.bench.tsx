// What a frame of the log costs, drawn by Ink and painted by us, and how long Ink's focus takes to move. One JSON line a
// figure; README.md has them. Bundled and run by `node test/bench/log-pane.mjs`.
import { PassThrough, Writable } from 'node:stream';
import { Box, render, Text, useFocus, useFocusManager, useInput } from 'ink';
import { useState } from 'react';
import type { LogEntry } from '../../../src/events/index.ts';
import { createStyle } from '../../../src/ui/style.ts';
import { LogRows } from '../../../src/ui/tui/log-rows.ts';
import { Terminal } from '../../../src/ui/tui/terminal.ts';

const COLUMNS = 160;
const ROWS = 30;
const FRAMES = 200;

const sink = () =>
  Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), {
    isTTY: true,
    columns: COLUMNS,
    rows: 50,
  }) as unknown as NodeJS.WriteStream;
const input = new PassThrough();
const stdin = Object.assign(input, {
  isTTY: true,
  setRawMode: () => input,
  ref: () => input,
  unref: () => input,
}) as unknown as NodeJS.ReadStream;

const logRows = new LogRows(createStyle(true));
let id = 0;
function nextRows(): string[] {
  return Array.from({ length: ROWS }, () => {
    id += 1;
    const text = `INFO:digits:scored sample ${id} with a text of usual length that says this and that`;
    const entry: LogEntry = {
      id,
      time: '2026-01-01T00:00:00Z',
      source: 'script',
      level: 'info',
      text,
      requestId: undefined,
    };
    return logRows.row(entry, COLUMNS);
  });
}

function report(name: string, milliseconds: number[]): void {
  const sorted = milliseconds.sort((one, other) => one - other);
  const at = (share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2));
  process.stdout.write(`${JSON.stringify({ name, p50: at(0.5), p95: at(0.95) })}\n`);
}

function measure(name: string, frame: (rows: string[]) => void): void {
  const times: number[] = [];
  for (let count = 0; count < FRAMES; count += 1) {
    const rows = nextRows();
    const began = performance.now();
    frame(rows);
    if (count >= FRAMES / 10) times.push(performance.now() - began);
  }
  report(name, times);
}

const options = { stdout: sink(), stdin, debug: true, exitOnCtrlC: false, patchConsole: false };
const Log = ({ rows }: { readonly rows: readonly string[] }) => (
  <Box flexDirection="column" width={COLUMNS}>
    {rows.map((row) => (
      <Text key={row} wrap="truncate-end">
        {row}
      </Text>
    ))}
  </Box>
);
const instance = render(<Log rows={[]} />, options);
measure('Ink', (rows) => instance.rerender(<Log rows={rows} />));
instance.unmount();

const terminal = new Terminal(sink());
terminal.enter();
measure('painted', (rows) => terminal.paint(rows));

// A key opens a field that takes the focus, as `/` does. When does the field get its first key?
let openedAt = 0;
let waits = 0;
const focusTimes: number[] = [];
function Field({ onDone }: { readonly onDone: () => void }) {
  const { isFocused } = useFocus({ autoFocus: true, id: 'field' });
  useInput(
    () => {
      focusTimes.push(performance.now() - openedAt);
      onDone();
    },
    { isActive: isFocused },
  );
  return <Text>field</Text>;
}
function App() {
  const [isOpen, setOpen] = useState(false);
  useFocusManager();
  useInput((key) => {
    if (key !== '/') return;
    openedAt = performance.now();
    setOpen(true);
  });
  return isOpen ? <Field onDone={() => setOpen(false)} /> : <Text>closed</Text>;
}
const app = render(<App />, { ...options, stdout: sink() });
await new Promise((resolve) => setTimeout(resolve, 50));
for (let round = 0; round < 50; round += 1) {
  const done = focusTimes.length;
  input.write('/');
  while (focusTimes.length === done) {
    await new Promise((resolve) => setImmediate(resolve));
    input.write('x');
    waits += 1;
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}
report('focus', focusTimes);
process.stdout.write(
  `${JSON.stringify({ name: 'keys lost before the focus has moved', each: waits / 50 })}\n`,
);
app.unmount();
