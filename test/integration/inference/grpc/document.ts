import { ALLOWED, allowedFor } from './allowed.ts';
import { TOPICS } from './cases/index.ts';
import { STREAM_SCRIPTS } from './repositories/stream-scripts.ts';

/** The section of `docs/fidelity.md` about gRPC; the tests beside this file check what it says. */
export function grpcSection(): string {
  const rows = TOPICS.map(([topic, cases]) => ({
    topic,
    cases: cases.length,
    allowed: cases.filter(({ name }) => allowedFor(name)).length,
  }));
  const sum = (pick: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + pick(row), 0);
  const all = { topic: '**all**', cases: sum(({ cases }) => cases), allowed: sum(({ allowed }) => allowed) };
  return `## gRPC

The tests in \`test/integration/inference/grpc\` send the same calls to both servers and compare status, message, encoding and
every message of the answer.

| Topic | Cases | Equal | Allowed to differ |
|---|---|---|---|
${[...rows, all].map(({ topic, cases, allowed }) => `| ${topic} | ${cases} | ${cases - allowed} | ${allowed} |`).join('\n')}

${Object.keys(STREAM_SCRIPTS).length} scripts are played over \`ModelStreamInfer\`, one at a time and all at once on one connection: decoupled models, errors,
final responses, order, sequences, broken messages. Cancelled calls, deadlines and lost connections reach the model on both
servers. A program with tritonclient (blocking, asynchronous and asyncio clients, streams, shared memory, loads with
files) prints the same with both, and @grpc/grpc-js gets the same from both.

What differs, and why:

${ALLOWED.map(({ what, reason }) => `- ${what} *${reason}*`).join('\n')}`;
}
