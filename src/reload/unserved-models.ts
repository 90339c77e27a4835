import type { FileTable } from './file-table.ts';
import { type ProjectSnapshot, planReload } from './plan.ts';
import { withoutModels } from './snapshot-project.ts';

/**
 * Reads the project of an emulator with an external server, which serves its own copies of the models: a change to a
 * model here is reported and leads to no action.
 */
export class UnservedModels {
  /** The project as a reloader sees it. */
  readonly initial: ProjectSnapshot;
  readonly #onChange: (models: readonly string[]) => void;
  /** The project as it was last read, with its models. */
  #latest: ProjectSnapshot;

  constructor(initial: ProjectSnapshot, onChange: (models: readonly string[]) => void) {
    this.initial = withoutModels(initial);
    this.#latest = initial;
    this.#onChange = onChange;
  }

  async read(
    table: FileTable,
    readWhole: (table: FileTable, previous: ProjectSnapshot) => Promise<ProjectSnapshot>,
  ): Promise<ProjectSnapshot> {
    const latest = await readWhole(table, this.#latest);
    const { actions } = planReload(this.#latest, latest, undefined);
    this.#latest = latest;
    if (actions.length > 0) this.#onChange(actions.map(({ target }) => target));
    return withoutModels(latest);
  }
}
