import { compareNaturally, type EmulatorState } from '../../../events/index.ts';
import { byId, el, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { read, TOKEN_HEADERS } from '../server.ts';
import { AnswerView } from './answer-view.ts';
import { CodeView } from './code-view.ts';
import { InputFields } from './input-fields.ts';
import type { CodeRequest } from './snippets.ts';
import type { ModelMetadata } from './tensors.ts';

/** Where a request goes: the entry script, or a model. */
type Target = { readonly kind: 'script' } | { readonly kind: 'model'; readonly name: string };

const JSON_TYPE = 'application/json';

/** The form that sends a request to the script or to a model, its answer, and the same as code. */
export class TryView {
  readonly #form = byId('try-form', HTMLFormElement);
  readonly #target = byId('try-target', HTMLSelectElement);
  readonly #key = byId('try-key', HTMLInputElement);
  readonly #keyLabel = byId('try-key-label', HTMLElement);
  readonly #file = byId('try-file', HTMLInputElement);
  readonly #fileLabel = byId('try-file-label', HTMLElement);
  readonly #body = byId('try-body', HTMLTextAreaElement);
  readonly #send = byId('try-send', HTMLButtonElement);
  readonly #error = byId('try-error', HTMLElement);
  readonly #inputs = new InputFields((body) => {
    this.#body.value = body;
    this.#showCode();
  });
  readonly #answer = new AnswerView();
  readonly #code = new CodeView();
  #state: EmulatorState | undefined;
  #targets: readonly Target[] = [];
  /** Whether the reader has chosen the target; until then it is the first, which may arrive late. */
  #isChosen = false;
  /** Whether the body is still the sample, which a better one may replace. */
  #isSample = true;
  #links = '';

  constructor() {
    this.#target.addEventListener('change', () => {
      this.#isChosen = true;
      void this.#restoreSample();
    });
    this.#body.addEventListener('input', () => {
      this.#isSample = false;
      this.#showCode();
    });
    this.#file.addEventListener('change', () => this.#showFile());
    byId('try-sample', HTMLButtonElement).addEventListener('click', () => void this.#restoreSample());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    // A file may be dropped anywhere on the form.
    this.#form.addEventListener('dragover', (event) => event.preventDefault());
    this.#form.addEventListener('drop', (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      if (this.#inputs.drop(event.dataTransfer.files) || this.#fileLabel.hidden) return;
      this.#file.files = event.dataTransfer.files;
      this.#showFile();
    });
  }

  show({ state }: PageModel): void {
    this.#state = state;
    this.#keyLabel.hidden = state.auth !== 'key';
    this.#showLinks(state);
    const targets = targetsOf(state);
    if (JSON.stringify(targets) === JSON.stringify(this.#targets)) return;
    const before = JSON.stringify(this.#chosen());
    this.#targets = targets;
    this.#target.replaceChildren(
      ...targets.map((target) =>
        el('option', {}, target.kind === 'script' ? 'the entry script' : target.name),
      ),
    );
    const same = targets.findIndex((target) => JSON.stringify(target) === before);
    this.#target.selectedIndex = this.#isChosen ? Math.max(0, same) : 0;
    this.#send.disabled = targets.length === 0;
    if (JSON.stringify(this.#chosen()) !== before) void this.#restoreSample();
  }

  #chosen(): Target | undefined {
    return this.#targets[this.#target.selectedIndex];
  }

  /** Fills the form for what is chosen. */
  async #restoreSample(): Promise<void> {
    const target = this.#chosen();
    this.#fileLabel.hidden = target?.kind !== 'script';
    this.#file.value = '';
    this.#showFile();
    this.#inputs.clear();
    this.#isSample = true;
    setText(this.#error, '');
    if (target?.kind === 'model') {
      const metadata = await read<ModelMetadata>(modelPath(target.name));
      if (JSON.stringify(target) !== JSON.stringify(this.#chosen())) return;
      if (metadata) this.#inputs.show(metadata.inputs);
      else setText(this.#error, 'The metadata of the model cannot be read.');
    } else if (target) {
      const sample = await read<{ readonly body: string | null }>('sample');
      if (this.#isSample && this.#chosen()?.kind === 'script')
        this.#body.value = sample?.body ?? '{"data": []}';
    }
    this.#showCode();
  }

  #showFile(): void {
    const isFile = this.#sentFile() !== undefined;
    this.#body.disabled = isFile;
    this.#showCode();
  }

  #sentFile(): File | undefined {
    return this.#file.files?.[0];
  }

  async #submit(): Promise<void> {
    const target = this.#chosen();
    if (!target) return;
    const file = this.#sentFile();
    const type = file ? file.type || 'application/octet-stream' : JSON_TYPE;
    setText(this.#error, file ? '' : (faultIn(this.#body.value) ?? ''));
    this.#send.disabled = true;
    const startedAt = performance.now();
    try {
      const answer = await fetch(target.kind === 'script' ? '/score' : `${modelPath(target.name)}/infer`, {
        method: 'POST',
        headers: { 'content-type': type, ...this.#headersFor(target) },
        body: file ?? this.#body.value,
      });
      const body = new Uint8Array(await answer.arrayBuffer());
      this.#answer.show(answer, body, performance.now() - startedAt);
    } catch (error) {
      this.#answer.fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#send.disabled = false;
    }
  }

  #headersFor(target: Target): Readonly<Record<string, string>> {
    if (target.kind === 'model') return TOKEN_HEADERS;
    const key = this.#key.value.trim();
    return key === '' ? {} : { authorization: `Bearer ${key}` };
  }

  #showCode(): void {
    const target = this.#chosen();
    const { scoringUri = null, httpUrl = null, auth } = this.#state ?? {};
    const url = target?.kind === 'model' ? `${httpUrl}/${modelPath(target.name)}/infer` : scoringUri;
    if (!target || !url) return;
    const file = this.#sentFile();
    const request: CodeRequest = {
      url,
      contentType: file ? file.type || 'application/octet-stream' : JSON_TYPE,
      body: file ? { file: file.name } : { text: this.#body.value },
      needsKey: target.kind === 'script' && auth === 'key',
    };
    this.#code.show(request);
  }

  #showLinks({ deployment, metricsUrl }: EmulatorState): void {
    const key = `${deployment} ${metricsUrl}`;
    if (key === this.#links) return;
    this.#links = key;
    byId('link-swagger', HTMLAnchorElement).hidden = deployment !== 'script';
    const metrics = byId('link-metrics', HTMLAnchorElement);
    metrics.hidden = metricsUrl === null;
    if (metricsUrl !== null) metrics.href = metricsUrl;
  }
}

function targetsOf({ deployment, models }: EmulatorState): Target[] {
  const ready = models.filter(({ state }) => state === 'READY').map(({ name }) => name);
  const names = [...new Set(ready)].sort(compareNaturally);
  return [
    ...(deployment === 'script' ? [{ kind: 'script' as const }] : []),
    ...names.map((name) => ({ kind: 'model' as const, name })),
  ];
}

/** Below the console's path, and below the engine's address. */
const modelPath = (name: string) => `v2/models/${encodeURIComponent(name)}`;

/** Why a text is not JSON. It is sent all the same: the script may take other texts. */
function faultIn(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `The body is not JSON: ${error instanceof Error ? error.message : error}`;
  }
}
