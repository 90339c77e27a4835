import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, messageOf, retryWhileHeld } from '../../base/index.ts';
import {
  listModelDirectories,
  type ModelDefinition,
  type ModelVersion,
  modelConfigText,
  readModelDefinition,
} from '../../repository/index.ts';
import { linkTree } from './link-tree.ts';
import { describeOnnxFiles, type OnnxDescriptions, type OnnxTeller } from './onnx-interfaces.ts';
import { asPython, completeConfig, whyNotPython } from './python-config.ts';
import { pythonFile } from './python-files.ts';

export interface TranslatedRepositoryOptions {
  /** The staged model repository. */
  readonly source: string;
  /** The one that the server reads, on the same file system; ours alone, made anew by `translateAll`. */
  readonly directory: string;
  /** What the server's own onnxruntime says of a file. */
  readonly tell: OnnxTeller;
}

/** A translation that has been put in place; `rollback` brings back the one before, where there was one. */
export interface Translation {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Of `model.py`, whose every refusal comes from `refuse_onnx`. */
const OUR_TRACEBACK =
  /TritonModelException: ([^\0]*?)\s*\nAt:\n\s*\S*model\.py\(\d+\): refuse_onnx\n(?:\s*\S+\.py\(\d+\): \w+\n)*/g;

const OUR_FILES: ReadonlySet<string> = new Set(['model.py', 'onnx.json']);

type Described = { readonly version: ModelVersion; readonly onnx: OnnxDescriptions['models'][number] };

/**
 * A second model repository for a `tritonserver` without the ONNX Runtime backend. An ONNX model becomes a Python
 * model of the same name, versions and configuration that runs it with onnxruntime; any other model is the same. Files
 * are hard links, so that a container sees them as well as a process does. A model that cannot be served is there too, and fails to load with the reason.
 */
export class TranslatedRepository {
  readonly directory: string;
  readonly #options: TranslatedRepositoryOptions;
  #translations = 0;

  constructor(options: TranslatedRepositoryOptions) {
    this.#options = options;
    this.directory = options.directory;
  }

  /** Starts from nothing. */
  async translateAll(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await rm(this.#workplace(), { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
    await this.#translate(await listModelDirectories(this.#options.source));
  }

  /** Translates what now lies in the staged repository under this name, and swaps it in. */
  async translate(model: string): Promise<Translation> {
    const previous = await this.#translate([model]);
    let isOpen = true;
    const end = async (putBack: boolean) => {
      if (!isOpen) return;
      isOpen = false;
      if (putBack && previous) {
        await rm(path.join(this.directory, model), { recursive: true, force: true });
        await retryWhileHeld(() => rename(previous, path.join(this.directory, model)));
      } else if (previous) await rm(previous, { recursive: true, force: true });
    };
    return { commit: () => end(false), rollback: () => end(true) };
  }

  /** Forgets models that have left the staged repository. */
  async tidy(): Promise<void> {
    for (const model of await readdir(this.directory).catch(() => [])) {
      const isThere = await stat(path.join(this.#options.source, model)).then(
        () => true,
        () => false,
      );
      if (!isThere) await rm(path.join(this.directory, model), { recursive: true, force: true });
    }
  }

  /** Triton's text without our files in it: paths as in the staged repository, no traceback of our Python. */
  plain(text: string): string {
    return text.replace(OUR_TRACEBACK, '$1').replaceAll(this.directory, this.#options.source);
  }

  /** @returns where the previous translation of the last of them lies now */
  async #translate(models: readonly string[]): Promise<string | undefined> {
    const definitions: (ModelDefinition | string)[] = [];
    for (const model of models) definitions.push(await this.#onnxDefinition(model));
    const versions = definitions.flatMap((it) => (typeof it === 'string' ? [] : it.versions));
    const files = versions.map(({ modelFile }) => modelFile);
    const existing = new Set<string>();
    for (const file of files) if (await stat(file).catch(() => undefined)) existing.add(file);
    const told = await describeOnnxFiles([...existing], this.#options.tell);
    const byFile = new Map([...existing].map((file, index) => [file, told.models[index]]));
    let previous: string | undefined;
    for (const it of definitions) {
      const name = typeof it === 'string' ? it : it.name;
      this.#translations += 1;
      const place = path.join(this.#workplace(), String(this.#translations));
      await mkdir(place, { recursive: true });
      if (typeof it === 'string') await this.#link(name, place, () => true);
      else {
        const described = it.versions.map((version) => ({
          version,
          onnx: byFile.get(version.modelFile) ?? { error: `failed to stat file ${version.modelFile}` },
        }));
        await this.#write(it, described, told.hasCuda, place);
      }
      previous = await this.#swap(name, place);
      if (models.length > 1 && previous) await rm(previous, { recursive: true, force: true });
    }
    return previous;
  }

  /** The model where it is one of ONNX that has versions; else its name, and the server may judge it as it lies. */
  async #onnxDefinition(model: string): Promise<ModelDefinition | string> {
    try {
      const definition = await readModelDefinition(this.#options.source, model);
      const isOnnx = definition.config.backend === 'onnxruntime' && definition.versions.length > 0;
      return isOnnx ? definition : model;
    } catch {
      return model;
    }
  }

  async #write(
    { name, config }: ModelDefinition,
    versions: readonly Described[],
    hasGpu: boolean,
    place: string,
  ): Promise<void> {
    let shared = config;
    const refusals = new Map<string, string>();
    // The newest version that can be opened completes the configuration that all versions share.
    for (const { version, onnx } of [...versions].reverse()) {
      const refuse = (reason: string) => refusals.set(version.version, reason);
      const beyond = whyNotPython(config);
      if ('error' in onnx) refuse(onnx.error);
      else if (beyond !== undefined) refuse(beyond);
      else {
        try {
          shared = completeConfig(shared, onnx, hasGpu);
        } catch (error) {
          refuse(messageOf(error));
        }
      }
    }
    await writeFile(path.join(place, 'config.pbtxt'), modelConfigText(asPython(shared)));
    for (const { version } of versions) {
      const folder = path.join(place, version.version);
      await mkdir(folder);
      const refusal = refusals.get(version.version);
      // Ours are written beside them, and never through a link.
      if (refusal === undefined) await linkTree(version.directory, folder, (entry) => !OUR_FILES.has(entry));
      const model = path.relative(version.directory, version.modelFile);
      const facts = refusal === undefined ? { model } : { refusal };
      await writeFile(path.join(folder, 'onnx.json'), JSON.stringify(facts));
      await copyFile(pythonFile('model.py'), path.join(folder, 'model.py'));
    }
    // Labels, warm-up data and the like; numbers are versions that the policy left out.
    await this.#link(name, place, (entry) => entry !== 'config.pbtxt' && !/^\d+$/.test(entry));
  }

  async #link(name: string, place: string, wanted: (entry: string) => boolean): Promise<void> {
    try {
      await linkTree(path.join(path.resolve(this.#options.source), name), place, wanted);
    } catch (error) {
      if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }

  /** @returns where what was there lies now */
  async #swap(name: string, place: string): Promise<string | undefined> {
    const target = path.join(this.directory, name);
    const previous = `${place}-previous`;
    let had = true;
    try {
      await retryWhileHeld(() => rename(target, previous));
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error;
      had = false;
    }
    await retryWhileHeld(() => rename(place, target));
    return had ? previous : undefined;
  }

  #workplace(): string {
    return `${this.directory}-translation`;
  }
}
