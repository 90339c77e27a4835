// Bundles the bench as the product is bundled and runs it with plain node: `node test/bench/inference/run.mjs [SECONDS]`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const outdir = mkdtempSync(path.join(tmpdir(), 'triton-local-bench-'));
try {
  await build({
    entryPoints: [path.join(project, 'test/bench/inference/infer.bench.ts')],
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);",
    },
    logLevel: 'warning',
  });
  for (const file of ['onnx-worker.mjs', 'onnx-session.mjs'])
    cpSync(path.join(project, 'src/inference/backends', file), path.join(outdir, file));
  const run = spawnSync(
    process.execPath,
    [...process.execArgv, path.join(outdir, 'infer.bench.mjs'), ...process.argv.slice(2)],
    {
      cwd: project,
      stdio: 'inherit',
    },
  );
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
