import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../helpers/temp-project.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
}

const folder = path.join(repositoryRoot, '.github/workflows');
const manifest = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'));
const workflows = readdirSync(folder).map((file) => {
  const { jobs } = parse(readFileSync(path.join(folder, file), 'utf8')) as { jobs: Record<string, Job> };
  return { file, jobs };
});
const steps = workflows.flatMap(({ file, jobs }) =>
  Object.entries(jobs).flatMap(([job, { steps }]) =>
    steps.map((step) => ({ where: `${file} ${job}`, step })),
  ),
);
const scripts = steps.flatMap(({ where, step }) => (step.run ? [{ where, run: step.run }] : []));

describe('the workflows', () => {
  it('cover three systems and three releases of Node', () => {
    const matrix = workflows.find(({ file }) => file === 'ci.yml')?.jobs.portable?.strategy?.matrix;
    expect(matrix?.os?.map((name) => String(name).split('-')[0])).toEqual(['ubuntu', 'macos', 'windows']);
    expect(matrix?.node).toEqual([20, 22, 24]);
  });

  it.each(scripts)('$where: a shell can read each script', ({ run }) => {
    const checked = spawnSync('bash', ['-n'], {
      input: run.replaceAll(/\$\{\{[^}]*\}\}/g, 'x'),
      encoding: 'utf8',
    });
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });

  it('call scripts of package.json and files of the repository that exist', () => {
    for (const { where, run } of scripts) {
      for (const [, name] of run.matchAll(/npm run ([\w:-]+)/g)) {
        expect(manifest.scripts, where).toHaveProperty([name ?? '']);
      }
      for (const [, file] of run.matchAll(/(?:node|bash) (\.[\w/.-]+)/g)) {
        expect(() => readFileSync(path.join(repositoryRoot, file ?? '')), where).not.toThrow();
      }
    }
  });

  it('pin each action to a major version', () => {
    const actions = steps.flatMap(({ step }) => (step.uses ? [step.uses] : []));
    expect(actions.filter((action) => !/@v\d+/.test(action))).toEqual([]);
  });

  it('compare the tag with the version by a command that succeeds only where they agree', () => {
    const run =
      scripts.find(({ run }) => run.includes('GITHUB_REF_NAME"') && run.startsWith('test '))?.run ?? '';
    const status = (tag: string) =>
      spawnSync('bash', ['-c', run], { cwd: repositoryRoot, env: { ...process.env, GITHUB_REF_NAME: tag } })
        .status;
    expect(status(`v${manifest.version}`)).toBe(0);
    expect(status('v9.9.9')).toBe(1);
  });
});
