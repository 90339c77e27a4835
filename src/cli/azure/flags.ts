import path from 'node:path';
import { type ListView, parseLabels } from '../../azureml/index.ts';
import { userError } from '../../base/index.ts';
import { homeDirectory } from '../../config/index.ts';
import { AzureWorkspace, type Labels, type ResourceConfiguration } from '../../workspace/index.ts';
import type { Flags } from '../flags.ts';

/** The workspace in the state folder: that of the verbs without `--workspace`, and of the control plane. */
export function workspaceFile(): string {
  return path.join(homeDirectory(), 'workspace', 'default.json');
}

/** The flags of one `az ml` verb, read by their long names in camel case. */
export class AzureFlags {
  readonly #flags: Flags;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  /** The workspace: `--workspace FILE`, else the one in the state folder. */
  openWorkspace(): Promise<AzureWorkspace> {
    const given = this.#workspaceFile();
    return AzureWorkspace.open(given ?? workspaceFile());
  }

  /** In az, `--workspace NAME` abbreviates `--workspace-name`, which has no meaning here. */
  #workspaceFile(): string | undefined {
    const given = this.text('workspace');
    return given !== undefined && /^[A-Za-z0-9][\w-]*$/.test(given) ? undefined : given;
  }

  /** What `--archived-only` and `--include-archived` select. */
  listView(): ListView {
    if (this.yesNo('archivedOnly')) return 'ArchivedOnly';
    return this.yesNo('includeArchived') ? 'All' : 'ActiveOnly';
  }

  /** @throws CONFIG_INVALID for any label but `latest`. */
  checkLabel(): void {
    const label = this.text('label');
    if (label !== undefined && label !== 'latest')
      throw userError('CONFIG_INVALID', `--label ${label} is not supported: latest is the only label`);
  }

  text(name: string): string | undefined {
    const value = this.#flags[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** A flag that the parser requires. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw userError('CONFIG_INVALID', `${optionOf(name)} is missing`);
    return value;
  }

  /** A flag that may be given several times. */
  texts(name: string): readonly string[] {
    const value = this.#flags[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  labels(name: string): Labels {
    return parseLabels(this.texts(name), optionOf(name));
  }

  /** `--flag`, `--flag true` or `--flag false`, as in az. */
  yesNo(name: string): boolean | undefined {
    const value = this.#flags[name];
    if (value === undefined || typeof value === 'boolean') return value;
    if (/^true$/i.test(String(value))) return true;
    if (/^false$/i.test(String(value))) return false;
    throw userError('CONFIG_INVALID', `${optionOf(name)} must be true or false, not "${value}"`);
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number))
      throw userError('CONFIG_INVALID', `${optionOf(name)} must be a number, not "${value}"`);
    return number;
  }

  /** `--cpu-cores`, `--memory-gb` and `--gpu-cores`, if given. */
  resources(): Partial<ResourceConfiguration> {
    const [cpu, memoryInGB, gpu] = [
      this.number('cpuCores'),
      this.number('memoryGb'),
      this.number('gpuCores'),
    ];
    return {
      ...(cpu !== undefined && { cpu }),
      ...(memoryInGB !== undefined && { memoryInGB }),
      ...(gpu !== undefined && { gpu }),
    };
  }
}

function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
