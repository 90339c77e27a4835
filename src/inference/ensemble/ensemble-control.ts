import { messageOf } from '../../base/index.ts';
import type { ModelDefinition } from '../../repository/index.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import type { ModelEntry, ModelTable } from '../model-table.ts';
import { checkEnsemble, checkMembersExist, type Members } from './ensemble-check.ts';

/**
 * What carries out the loads and unloads of ensembles. All but `load` are called while nothing else changes the model.
 */
export interface EnsembleHost {
  load(name: string): Promise<void>;
  loadNow(ensemble: ModelEntry): Promise<void>;
  unloadNow(ensemble: ModelEntry): void;
  log(level: 'error', text: string): void;
}

/** What to do with ensembles that do not fit the new version of a model: keep serving with the old one, or unload. */
export type MisfitPolicy = 'keep' | 'unload';

/** Loads ensembles after their members, and again when a member has changed. */
export class EnsembleControl {
  readonly #table: ModelTable;
  readonly #members: Members;
  readonly #host: EnsembleHost;

  constructor(table: ModelTable, repository: string, host: EnsembleHost) {
    this.#table = table;
    this.#host = host;
    this.#members = {
      repository,
      readyVersions: (member) => table.readyVersions(member),
      loadFailure: (member) => table.loadFailure(member),
    };
  }

  get members(): Members {
    return this.#members;
  }

  /**
   * Loads the members that were not tried yet, and checks the ensemble against the versions being served.
   * @throws KServeError with Triton's text
   */
  async prepare(ensemble: ModelEntry, definition: ModelDefinition): Promise<void> {
    const names = memberNames(definition);
    const seen = new Map<string, readonly LoadedVersion[]>();
    ensemble.members = seen;
    try {
      await checkMembersExist(definition, this.#members);
      await Promise.all(
        names.map(async (name) => {
          if (this.#table.names().includes(name)) await this.#table.change(name, async () => undefined);
          else await this.#host.load(name).catch(() => undefined);
        }),
      );
    } finally {
      for (const name of names) seen.set(name, this.#table.readyVersions(name));
    }
    checkEnsemble(definition, this.#members);
  }

  /** Reloads or unloads the ensembles of a model, and theirs in turn, after it was loaded or unloaded. */
  async follow(member: string, misfits: MisfitPolicy): Promise<void> {
    await Promise.all(this.#table.ensemblesOf(member).map(({ name }) => this.#update(name, member, misfits)));
  }

  async #update(name: string, member: string, misfits: MisfitPolicy): Promise<void> {
    let changed = false;
    await this.#table.change(name, async (ensemble) => {
      const seen = ensemble.members.get(member);
      if (!seen || sameVersions(seen, this.#table.readyVersions(member))) return;
      const { members } = ensemble;
      try {
        await this.#host.loadNow(ensemble);
        changed = true;
      } catch (error) {
        if (misfits === 'keep' && ensemble.latest) {
          this.#host.log('error', `ensemble '${name}' still runs '${member}' as it was: ${messageOf(error)}`);
          return;
        }
        changed = ensemble.latest !== undefined;
        this.#host.unloadNow(ensemble);
        // It is loaded again when the member is.
        ensemble.members = new Map([...members, [member, this.#table.readyVersions(member)]]);
      }
    });
    if (changed) await this.follow(name, misfits);
  }
}

function memberNames({ config }: ModelDefinition): readonly string[] {
  return [...new Set((config.ensemble_scheduling?.step ?? []).map(({ model_name }) => model_name))];
}

function sameVersions(some: readonly LoadedVersion[], others: readonly LoadedVersion[]): boolean {
  return some.length === others.length && some.every((version, index) => version === others[index]);
}
