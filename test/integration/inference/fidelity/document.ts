import { FIELD_SUPPORT } from '../../../../src/repository/field-support.ts';
import { ONNX_PARAMETERS, type OnnxParameterKind } from '../../../../src/repository/onnx-parameters.ts';
import { ALLOWED, FATAL_REASON } from './allowed.ts';
import { FATAL_CASES } from './cases/fatal.ts';
import { ALLOWED_CONFIGURATIONS, CONFIGURATIONS } from './configurations.ts';
import { errorTable } from './error-codes.ts';
import { ENSEMBLE_REQUESTS, ENSEMBLES, MISTAKEN } from './repositories/ensembles.ts';
import {
  ANSWERING_MODELS,
  DECOUPLED_MODELS,
  LOADING_MODELS,
  UNANSWERED_MODELS,
} from './repositories/python-failures.ts';
import { ASYNC_SURFACE, FATAL_SURFACE, SURFACE } from './repositories/python-surface.ts';
import { SEQUENCE_MODELS, SEQUENCE_SCRIPTS, SEQUENCES_BATCHED_OTHERWISE } from './repositories/sequences.ts';
import { BATCHED_OTHERWISE, SCHEDULING_CASES } from './scheduling.ts';

/** What a run of the suite found of one topic. */
export interface TopicTally {
  readonly topic: string;
  readonly cases: number;
  equal: number;
  /** Equal but for the digits of floating point numbers. */
  digits: number;
  allowed: number;
}

/** The text of `docs/fidelity.md`. */
export function fidelityDocument(tallies: readonly TopicTally[]): string {
  const sum = (pick: (tally: TopicTally) => number) =>
    tallies.reduce((total, tally) => total + pick(tally), 0);
  const row = ({ topic, cases, equal, digits, allowed }: TopicTally) =>
    `| ${topic} | ${cases} | ${equal} | ${digits} | ${allowed} |`;
  const total: TopicTally = {
    topic: '**all**',
    cases: sum(({ cases }) => cases),
    equal: sum(({ equal }) => equal),
    digits: sum(({ digits }) => digits),
    allowed: sum(({ allowed }) => allowed),
  };
  const surface = Object.values(SURFACE).flat().length + ASYNC_SURFACE.length;
  const failing = ANSWERING_MODELS.length + DECOUPLED_MODELS.length + LOADING_MODELS.length;
  return `# How the embedded engine answers beside the real Triton

Written by \`test/integration/inference/fidelity\`, which sends the same bytes to a real \`tritonserver\` 2.51.0 and to
the embedded engine and compares status, headers and body, errors included. Times are left out, compressed bodies are
compared unpacked. \`npm run test:slow -- fidelity -u\` writes this page anew; a test fails when it is out of date.

| Topic | Cases | Equal | Equal but for digits | Allowed to differ |
|---|---|---|---|---|
${[...tallies, total].map(row).join('\n')}

*Equal but for digits*: Triton's JSON writer does not always print the shortest or the closest of the texts that stand
for a double (0.30000000000000007 for 0.30000000000000004). Both texts read back as the same double, which is checked;
ours prints the shortest.

The real server runs the models of the suite on its Python backend, ours runs ONNX models of the same interface. Answers
that depend on ONNX Runtime are held to 326 recorded answers of a real Triton with that backend
(\`test/integration/inference/golden.test.ts\`), all equal.

## What differs, and why
${ALLOWED.map(({ what, reason }) => `- ${what} *${reason}*`).join('\n')}
- ${FATAL_REASON}
${FATAL_CASES.map(({ name }) => `  - ${name.replace('fatal: ', '')}`).join('\n')}

## Configurations
${Object.keys(CONFIGURATIONS).length} configurations with a mistake each, or at an edge, are given to both servers; what the log says of them and what the index shows is
compared. ${Object.values(ALLOWED_CONFIGURATIONS).flat().length} come out differently:
${Object.entries(ALLOWED_CONFIGURATIONS)
  .map(([reason, names]) => `- ${reason} (${names.map((name) => `\`${name}\``).join(', ')})`)
  .join('\n')}

740 more model folders, one or more for each field of \`ModelConfig\`, made from the message's own description, for each
parameter of the ONNX Runtime backend, for names of folders and files and for characters in \`config.pbtxt\`, are held to the
recorded answers of a Triton 2.51.0 with that backend (ONNX Runtime 1.19.2, CPU), printed configuration included, as are
50 batches of ragged rows (\`test/integration/repository/answers.test.ts\`).

### Fields of config.pbtxt
What the embedded engine does with every field in an ONNX model. *Served*: it has Triton's effect. *Checked*: refused when
Triton refuses it, without effect on a CPU, there neither. *Refused*: Triton would serve it. *Ignored*: as Triton and its
ONNX Runtime backend ignore it on a CPU.

| Field | What becomes of it |
|---|---|
${fieldRows()}

Of \`parameters\`, ${parameterNames()} are read with the backend's checks; those for GPUs
(${parameterNames('gpu')}) are ignored by instances on CPUs, any other key by everybody.

Inputs and outputs of an ONNX model are tensors of every datatype but BF16, complex numbers and those of fewer than 8 bits;
sequences, maps, optional and sparse tensors are refused with Triton's text. Models that are newer than the release
(IR version over 10, opset over 21) load here, since our ONNX Runtime is newer; a warning names the numbers and the
remedy.

## Queues, batches, statistics
${SCHEDULING_CASES.length} sequences of requests go at the same times through models that sleep, on both: default and dynamic batching,
preferred sizes, delays, limits and times of queues, priorities, failures. Statuses and texts, which answer comes before
which, and the statistics (inferences, executions, batches by size, successes and failures) are the same, but for the
batches of \`${BATCHED_OTHERWISE.cases.join('`, `')}\`. *${BATCHED_OTHERWISE.reason}*

## Python models and ensembles
Both servers read one repository, and answers, streams, entries of the index, metadata, configurations and statistics
are compared.
- The surface of \`triton_python_backend_utils\`: ${surface} expressions that a model evaluates on both, of them ${
    Object.values(SURFACE)
      .flat()
      .filter((text) => text.includes('ask(')).length + ASYNC_SURFACE.length
  } about requests to other models.
- ${failing} Python models that fail in one of their methods, give back something wrong, send too much or too late, or end.
- ${Object.keys(ENSEMBLES).length} ensembles, each asked in ${ENSEMBLE_REQUESTS.length + 2} ways, and ${Object.keys(MISTAKEN).length} configurations of ensembles with a mistake, or at an edge; what
  becomes of ensembles whose members are loaded, changed, broken and unloaded.

What differs, and why:
- A model whose process has died answers again; Triton 2.51 says \`Stub process … is not healthy.\` until the model is
  loaded anew. *A laptop's user would not know why it stays dead.*
- ${UNANSWERED_MODELS.length} models of which Triton never answers are answered with an error (${quoted(UNANSWERED_MODELS.map(([name]) => name))}), and an ensemble that
  overwrites its own input is served. *Nobody should wait for nothing.*
- What the real server dies of, or never answers, is survived (${quoted(FATAL_SURFACE)}).
- The frames of Triton's own \`triton_python_backend_utils.py\` are missing in tracebacks. *Ours is another file.*
- \`InferenceResponse\` takes \`parameters\`, which 2.51 does not know. *Newer releases do, such as those of Azure's images.*
- Triton gives the outputs of an ensemble in no order and repeats the parameters of a sequence with each of them; ours
  keeps the model's order and says them once. *To a reader of JSON it is the same.*
- Where a step of an ensemble is refused, Triton counts that failure of the ensemble once more; ours counts requests.
- After our own reload of a member, an ensemble that it no longer fits serves on with the old member, and the log says
  so; after a load or unload by a client it is unloaded, as by Triton. *A bad save leaves the last good serving.*

## Sequences
\`repositories/sequences.ts\` plays ${SEQUENCE_SCRIPTS} scripts of timed requests to ${Object.keys(SEQUENCE_MODELS).length} Python models on both servers: \`direct\` and
\`oldest\`, all controls and their types, slots and backlog, delays, idle sequences, failures, iterative sequences. Every
answer says what the model was given, so that the make-up of each batch is compared, null requests included; so are
statistics and configurations. All are the same, but for the batches of
${SEQUENCES_BATCHED_OTHERWISE.scripts.map((name) => `\`${name}\``).join(', ')}.
*${SEQUENCES_BATCHED_OTHERWISE.reason}* By design otherwise:
- A model that is loaded anew ends its sequences, as on Triton; those that wait for a slot of the old one get it at once,
  where Triton lets the others idle first.
- A correlation id of the kind that the model's CORRID control does not take is refused with the text of current releases
  (E91), and strings reach the model; 2.51 hands it damaged bytes.
- Null requests and states without an initial value are zeros; Triton leaves in them whatever lay in memory. 2.51
  damages string states, and loses others beside them.
- A state that a Python model gives back is not kept, as on Triton, whose Python backend has no states.

## The response cache
With \`--triton-arg --cache-config=local,size=BYTES\` the answers of models with \`response_cache\` are kept as by Triton: names
and bytes of the inputs decide, not shapes, ids or the outputs that are asked for; a failure is answered with no outputs the
second time. Hits and misses are in the statistics. A model that is loaded anew answers nothing from before, where Triton
goes on answering from the cache.

## The rate limiter
With \`--triton-arg --rate-limit=execution_count\` instances wait for the resources that their \`rate_limiter\` names, in the order
that executions and priorities give on Triton; \`--rate-limit-resource\` is read. A batch is formed before it waits, where Triton
lets it grow meanwhile.

## Operators
ONNX's own node tests (1,615 models of the PyPI package \`onnx\`) go through HTTP: what ONNX Runtime can run gives the
outputs stored beside it, but for those listed in \`operators.ts\`, where Python's onnxruntime differs in the same way.

## Generated requests
fast-check makes inference requests with mistakes in any of their parts (names, datatypes, shapes, data, parameters,
outputs, lengths) and shrinks what is answered differently: 2,000 in each run of the slow tests, none different.

## What is not there, or by design otherwise
- gRPC and metrics: use the native or docker engine.
- ONNX models with BF16 inputs or outputs are refused, as Triton's ONNX Runtime backend does.
- CUDA shared memory is answered as by a server without GPUs.
- \`/v2/health/ready\` is 200 again once a model that failed is mended, unloaded or removed; Triton 2.51 stays at 400 until
  it is restarted.
- All models are loaded at the start in every mode, also in \`explicit\`; \`--triton-arg --load-model=NAME\` names those to
  load instead. What a client unloads in \`explicit\` stays unloaded, whatever is saved, until a client loads it.
- A load or an index that a client asks for waits until nobody writes to the model's files (half a minute at most), so
  that it is of what the folder holds. Triton reads what is there, complete or not.
- Port 8000 takes 4,096 connections, a head of 4 MiB, and 60 s for it; 600 s for a whole request; and requests that hold a
  quarter of the memory together. What exceeds them is answered 431, 408 or 503.
- Of Triton's own arguments, \`--http-max-input-size\`, \`--http-restricted-api\`, \`--allow-client-shm\`, \`--log-*\` (but
  \`--log-file\`), \`--exit-on-error\`, \`--strict-readiness\`, \`--load-model\`, \`--cache-config\` of the local cache,
  \`--rate-limit\` and \`--rate-limit-resource\` are served; every other is named in the log.
- In \`--model-control-mode poll\` clients are refused as by Triton; what changes on disk is loaded by triton-local's own
  reload, in every mode.

## Every error
The errors of Triton by their numbers in the catalogue of this project, with the case that brings each up, or why none
does.

| Error | Case, or why there is none |
|---|---|
${errorTable()
  .map(([code, where]) => `| ${code} | ${where} |`)
  .join('\n')}
`;
}

function fieldRows(): string {
  const rows: string[] = [];
  for (const [message, fields] of Object.entries(FIELD_SUPPORT))
    for (const [name, [treatment, note]] of Object.entries(fields))
      rows.push(`| \`${message}.${name}\` | ${treatment}${note ? `: ${note}` : ''} |`);
  return rows.join('\n');
}

function parameterNames(only?: OnnxParameterKind): string {
  const names = Object.entries(ONNX_PARAMETERS).filter(([, kind]) => only === undefined || kind === only);
  return names.map(([name]) => `\`${name}\``).join(', ');
}

const quoted = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');
