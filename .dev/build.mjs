// Builds dist/: the CLI and its chunks (every dependency but onnxruntime-node within), worker entries, the web page, the
// Python harness, the JSON Schema of the events, and the licences of what was bundled. Done in about a second, and not at
// all while the sources are those of the last build (`--force` builds all the same). npm runs this after `npm ci` as
// `postprepare`, since npm 11 warns whoever installs a tarball whose manifest has a `prepare`.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { collectLicences } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const hashFile = path.join(dist, '.build-hash');

/** Entries of worker threads, which are started by their place beside the code that starts them. */
const WORKER = /^src\/.*-worker\.mjs$/;
const HARNESS = 'src/python/harness';
const SDK = 'src/azureml/sdk';
const AZURE_CLIENT = 'src/controlplane/client/python';
/** What scripts that deploy import besides; the stand-ins below `azureml` are found by that package itself. */
const SDK_STAND_INS = ['tritonhttpclient', 'tritonclientutils'];
const PAGE = 'src/ui/page';
const ONNX_AS_PYTHON = 'src/engines/onnx-as-python';
/** Never bundled: it is resolved at run time from the project, the package's folder or the state folder. */
const EXTERNAL = ['onnxruntime-node'];
/**
 * Parts of dockerode that never run here: BuildKit sessions over gRPC (the slim image is built by the classic builder)
 * and its own SSH client (`ssh-agent.ts` runs the user's `ssh`). With what they import they are 0.85 MB.
 */
const UNUSED = /[\\/](?:dockerode[\\/]lib[\\/](?:session|buildkit)|docker-modem[\\/]lib[\\/]ssh)\.js$/;

/** Whether dist/ was built from the sources, the lockfile and the build programs as they are now. */
export function buildIsFresh() {
  return existsSync(hashFile) && readFileSync(hashFile, 'utf8') === sourceHash();
}

async function build() {
  const esbuild = await import('esbuild');
  const [cli, workers, page, schema] = await Promise.all([
    esbuild.build(cliOptions()),
    esbuild.build(workerOptions()),
    esbuild.build(pageOptions()),
    eventSchema(esbuild),
  ]);
  const licences = collectLicences(root, [cli.metafile, workers.metafile, page.metafile]);

  rmSync(dist, { recursive: true, force: true });
  for (const file of [...cli.outputFiles, ...workers.outputFiles, ...page.outputFiles])
    write(file.path, file.contents);
  write(path.join(dist, 'cli.js'), launcher());
  chmodSync(path.join(dist, 'cli.js'), 0o755);
  const isSource = (from) => !/__pycache__|\.pyc$/.test(from);
  for (const [from, to] of [
    [HARNESS, 'harness'],
    [SDK, 'azureml-sdk'],
    [AZURE_CLIENT, 'azure-client'],
    ...SDK_STAND_INS.map((name) => [`${HARNESS}/stand-ins/${name}`, `azureml-sdk/${name}`]),
  ])
    cpSync(path.join(root, from), path.join(dist, to), { recursive: true, filter: isSource });
  for (const file of ['model.py', 'describe_onnx.py'])
    write(path.join(dist, 'onnx-as-python', file), readFileSync(path.join(root, ONNX_AS_PYTHON, file)));
  write(path.join(dist, 'page/index.html'), readFileSync(path.join(root, PAGE, 'index.html')));
  write(path.join(dist, 'schemas/event.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
  write(path.join(dist, 'THIRD_PARTY_LICENSES.txt'), licences);
  write(hashFile, sourceHash());
}

function cliOptions() {
  return {
    ...commonOptions(),
    entryPoints: { main: 'src/cli/main.ts' },
    splitting: true,
    chunkNames: '[name]-[hash]',
    // ink asks for its developer tools when DEV is `true`, with a package that is not there.
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    // Packages written as CommonJS call `require` for Node's own modules, and some read their own place as they load.
    banner: {
      js:
        "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url)," +
        '__filename=import.meta.filename,__dirname=import.meta.dirname;',
    },
    plugins: [withoutDeveloperTools, withoutUnused],
  };
}

/** `src/ROOM/.../NAME-worker.mjs` becomes dist/NAME-worker.mjs, beside the chunk that starts it. */
function workerOptions() {
  const files = sourceFiles().filter((file) => WORKER.test(file));
  return {
    ...commonOptions(),
    entryPoints: Object.fromEntries(files.map((file) => [path.basename(file, '.mjs'), file])),
    outExtension: { '.js': '.mjs' },
  };
}

/** The web page's script and style sheet, for browsers of the last years. */
function pageOptions() {
  return {
    ...commonOptions(),
    outdir: path.join(dist, 'page'),
    entryPoints: { page: `${PAGE}/page.ts`, style: `${PAGE}/page.css` },
    entryNames: 'page',
    platform: 'browser',
    target: ['chrome109', 'firefox115', 'safari16.4'],
    minify: true,
    plugins: [withoutNode],
  };
}

function commonOptions() {
  return {
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    // Names stay, so that stack traces and error names of users' reports can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'warning',
  };
}

/** Modules that the page shares with us import Node's own for functions that the page does not use. */
const withoutNode = {
  name: 'without-node',
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ path: name }) => ({
      path: name,
      external: true,
      sideEffects: false,
    }));
    builder.onEnd(({ metafile }) => {
      const left = Object.values(metafile?.outputs ?? {}).flatMap(({ imports }) => imports);
      if (left.length > 0) throw new Error(`the page imports ${left.map((one) => one.path).join(', ')}`);
    });
  },
};

const withoutDeveloperTools = {
  name: 'without-developer-tools',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/devtools\.js$/ }, ({ path: name, importer }) =>
      /[\\/]ink[\\/]build[\\/]/.test(importer) ? { path: name, namespace: 'empty' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }));
  },
};

const withoutUnused = {
  name: 'without-unused-parts',
  setup(builder) {
    builder.onLoad({ filter: UNUSED }, ({ path: file }) => ({
      contents: `module.exports = () => { throw new Error(${JSON.stringify(`${path.basename(file)} is not part of triton-local's bundle`)}); };`,
    }));
  },
};

function launcher() {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const node = /\d+\.\d+\.\d+/.exec(manifest.engines.node)[0];
  return readFileSync(path.join(root, '.dev/launcher.js'), 'utf8').replaceAll('__NODE__', node);
}

/** The JSON Schema of one line of `--ui json`, from the zod schema that the types come from. */
async function eventSchema(esbuild) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    stdin: {
      contents:
        "import { z } from 'zod'; import { event } from './src/events/schema.ts'; export default z.toJSONSchema(event);",
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const { default: schema } = await import(`data:text/javascript;base64,${code}`);
  return { title: 'One event of triton-local, as `--ui json` writes it', ...schema };
}

function write(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function sourceHash() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json', ...sourceFiles()]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function sourceFiles() {
  return ['.dev', 'src']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter(
          (entry) =>
            entry.isFile() && !/__pycache__|\.pyc$|\.md$/.test(path.join(entry.parentPath, entry.name)),
        )
        .map((entry) =>
          path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
        ),
    )
    .sort();
}

function esbuildIsInstalled() {
  return existsSync(path.join(root, 'node_modules/esbuild'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.env.npm_lifecycle_event === 'postprepare' && !esbuildIsInstalled()) {
    process.stderr.write('dist/ is not built: the development packages were left out of this install\n');
  } else if (process.argv.includes('--force') || !buildIsFresh()) {
    await build();
  }
}
