import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../src/base/index.ts';
import { Demultiplexer } from '../../../../src/engines/docker/container/demultiplexer.ts';

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function demultiplex(chunks: readonly Buffer[]): { stdout: string; stderr: string } {
  const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const demultiplexer = new Demultiplexer((stream, data) => out[stream].push(data));
  for (const chunk of chunks) demultiplexer.push(chunk);
  return { stdout: Buffer.concat(out.stdout).toString(), stderr: Buffer.concat(out.stderr).toString() };
}

describe('Demultiplexer', () => {
  const bytes = Buffer.concat([
    frame(1, 'eins ä\n'),
    frame(2, 'zwei\n'),
    frame(1, ''),
    frame(0, 'drei'),
    frame(1, '€\n'),
  ]);
  const expected = { stdout: 'eins ä\ndrei€\n', stderr: 'zwei\n' };

  it('gives the same bytes wherever the chunks were cut', () => {
    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(demultiplex(chunks), `chunks of ${size}`).toEqual(expected);
    }
  });

  it('survives a chunk of a million tiny frames, which overflows the stack of docker-modem', () => {
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => frame(1, 'x\n')));
    const chunk = Buffer.concat(Array.from({ length: 100 }, () => many));
    let bytesSeen = 0;
    const demultiplexer = new Demultiplexer((_stream, data) => {
      bytesSeen += data.length;
    });
    demultiplexer.push(chunk);
    expect(bytesSeen).toBe(2_000_000);
  });

  it('with the line splitter takes apart a million lines a second', () => {
    const line = frame(2, 'I1124 03:16:53.221434 1 model_lifecycle.cc:472] "loading: digits:1"\n');
    const chunk = Buffer.concat(Array.from({ length: 800 }, () => line));
    let lines = 0;
    const splitter = new LineSplitter(() => {
      lines += 1;
    });
    const demultiplexer = new Demultiplexer((_stream, data) => splitter.push(data));
    const rates: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      lines = 0;
      const began = performance.now();
      for (let pushes = 0; pushes < 250; pushes += 1) demultiplexer.push(chunk);
      rates.push((lines / (performance.now() - began)) * 1_000);
    }
    expect(lines).toBe(200_000);
    // A third of the target, for machines that are busy; `npm run bench` measures the real figure.
    expect(Math.max(...rates)).toBeGreaterThan(330_000);
    process.stdout.write(`demultiplexer: ${Math.round(Math.max(...rates)).toLocaleString('en')} lines/s\n`);
  });
});
