// What a script finds in its environment, in the real server and in ours: the same script reports both, and each
// difference is listed here with its reason.
import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { startScorePool } from '../../../src/python/index.ts';
import { ask, ENVIRONMENT, Project, post, TEST_PYTHON, textOf } from './project.ts';
import { hasRealServer, RealServer } from './real-server.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

const SCRIPT = `
import builtins, locale, logging, os, signal, sys, threading
before = logging.getLogger().handlers[:]
logging.basicConfig(level=logging.INFO)
def init():
    global thread
    thread = threading.current_thread()
def attempt(action):
    try:
        return action()
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)
def relative():
    from . import helper
def open_model():
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "models", "weights.txt")) as file:
        return file.read()
def run(data):
    root = logging.getLogger()
    return {
        "cwd": os.getcwd(), "file": __file__, "name": __name__, "package": __package__, "spec": __spec__.name,
        "cached": __spec__.cached, "doc": __doc__, "registered": __name__ in sys.modules, "frozen": "__file__" in globals(),
        "on the path": list(dict.fromkeys(one for one in sys.path if one.startswith(os.getcwd()))), "own folder": os.path.dirname(__file__) in sys.path[:-1],
        "relative": attempt(relative), "beside": attempt(lambda: __import__("beside").__file__),
        "helper": attempt(lambda: __import__("helper").__file__), "package import": attempt(lambda: __import__("code_dir.beside").__file__),
        "namespace": attempt(lambda: __import__("folder.part", fromlist=["x"]).__file__),
        "pickle": attempt(lambda: __import__("pickle").dumps(Model())), "main": attempt(lambda: __import__("main")),
        "variables": {name: os.environ.get(name) for name in (
            "AML_APP_ROOT", "AZUREML_MODEL_DIR", "AZUREML_SOURCE_DIRECTORY", "WORKER_COUNT", "WORKER_TIMEOUT", "SCORING_TIMEOUT_MS",
            "SERVER_SOFTWARE", "HTTP_X_MS_SERVER_VERSION", "AML_APP_INSIGHTS_ENABLED", "SERVICE_NAME", "MY_SETTING", "HOME",
            "AZUREML_ENTRY_SCRIPT", "SERVICE_VERSION", "SERVICE_PATH_PREFIX", "WORKSPACE_NAME", "WORKER_PRELOAD")},
        "model": attempt(open_model), "arguments": [one for one in sys.argv[1:] if not one.startswith("0.0.0.0:")],
        "one thread": threading.current_thread() is thread is threading.main_thread(),
        "encodings": [sys.stdout.encoding, sys.getfilesystemencoding(), locale.getpreferredencoding()],
        "logging": [len(before), root.level, [type(one).__name__ for one in root.handlers], [one.formatter._fmt for one in root.handlers]],
        "signals": [signal.getsignal(one) in (signal.SIG_DFL, signal.SIG_IGN) for one in (signal.SIGPIPE, signal.SIGHUP, signal.SIGCHLD)],
        "alarm": signal.getitimer(signal.ITIMER_REAL)[0] > 0, "standard input": sys.stdin.read(), "terminal": sys.stdout.isatty(),
        "print": [builtins.print.__module__, builtins.print.__name__], "bytecode": sys.dont_write_bytecode,
        "mask": os.umask(os.umask(0o22)) and None, "recursion": sys.getrecursionlimit(), "optimised": sys.flags.optimize,
    }
class Model:
    pass
`;

const FILES = {
  'helper.py': '',
  'code_dir/beside.py': '',
  'folder/part.py': '',
  'azureml-models/digits/3/models/weights.txt': 'weights',
};

async function facts(environment: Record<string, string>) {
  project = await Project.create();
  const entryScript = await project.write('code_dir/score.py', SCRIPT);
  for (const [name, text] of Object.entries(FILES)) await project.write(name, text);
  const variables = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replace('ROOT', project.directory)]),
  );
  const real = project.use(await RealServer.start(project.directory, 'code_dir/score.py', variables));
  const pool = project.use(
    await startScorePool(
      // The real server of these tests is started without bytecode.
      project.options({
        entryScript,
        environment: { ...ENVIRONMENT, PYTHONDONTWRITEBYTECODE: '1', ...variables },
      }),
      AbortSignal.timeout(30_000),
    ),
  );
  const theirs = await real.ask(post('{}'));
  const ours = await ask(pool, post('{}'));
  return { theirs: JSON.parse(theirs.body.toString()), ours: JSON.parse(textOf(ours)) };
}

/** Every setting of the real server, and where ours is held to it; a new one of a new release has no line here. */
const SETTINGS: Readonly<Record<string, string>> = {
  AML_APP_ROOT: 'the cases below',
  AML_APP_INSIGHTS_ENABLED: 'the cases below',
  AML_APP_INSIGHTS_KEY: 'the cases below; nothing is sent',
  AML_CORS_ORIGINS: 'test/integration/scoring/parity.test.ts',
  AML_MODEL_DC_STORAGE_ENABLED: 'test/e2e/collected-data.test.ts',
  APP_INSIGHTS_LOG_RESPONSE_ENABLED: 'nothing is sent',
  AZUREML_CONFIG_FILE: 'test/unit/config/resolve.test.ts',
  AZUREML_DEBUG_PORT: 'test/integration/python/debugger.test.ts',
  AZUREML_ENTRY_SCRIPT: 'the cases below',
  AZUREML_LOG_LEVEL: 'the real server reads it and uses it nowhere',
  AZUREML_MODEL_DIR: 'the cases below',
  AZUREML_SOURCE_DIRECTORY: 'the cases below',
  HEALTH_PORT: 'test/unit/emulator/scoring-listener.test.ts',
  HOSTNAME: 'for telemetry, which is not sent',
  HTTP_X_MS_SERVER_VERSION: 'the cases below',
  SCORING_TIMEOUT_MS: 'test/unit/config/script-layouts.test.ts',
  SEPERATE_HEALTH_ENDPOINT: 'test/unit/emulator/scoring-listener.test.ts',
  SERVER_PORT: 'the real server overwrites it',
  SERVER_VERSION_LOG_RESPONSE_ENABLED: 'test/integration/scoring/parity.test.ts',
  SERVICE_NAME: 'test/integration/python/swagger.test.ts',
  SERVICE_PATH_PREFIX: 'test/integration/python/swagger.test.ts',
  SERVICE_VERSION: 'test/integration/python/swagger.test.ts',
  TRANSPORT_PROTOCOL: 'the real server has REST alone',
  WORKER_COUNT: 'the cases below',
  WORKER_PRELOAD: 'test/integration/python/preload.test.ts',
  WORKER_TIMEOUT: 'the cases below',
  WORKSPACE_NAME: 'for telemetry, which is not sent',
};

it.skipIf(!hasRealServer)('no setting of the real server is unknown', () => {
  const program = `
import json, os
os.environ["AML_APP_ROOT"] = "/"
from azureml_inference_server_http import constants
from azureml_inference_server_http.server.config import alias_mapping
print(json.dumps(sorted({*alias_mapping, *(v for k, v in vars(constants).items() if k.startswith("ENV_"))})))
`;
  const told = execFileSync(TEST_PYTHON, ['-W', 'ignore', '-c', program], { encoding: 'utf8' });
  expect(JSON.parse(told.trim().split('\n').at(-1) ?? '')).toEqual(Object.keys(SETTINGS).sort());
});

describe.skipIf(!hasRealServer)('inside the script', () => {
  it.each([
    ['a relative model folder, as v1 has it locally', { AZUREML_MODEL_DIR: 'azureml-models/digits/3' }],
    ['an absolute one, as the cloud has it', { AZUREML_MODEL_DIR: 'ROOT/azureml-models/digits/3' }],
    ['two slashes, as v2 has it with --local', { AZUREML_MODEL_DIR: 'ROOT/azureml-models//digits/3' }],
    ['no model', {}],
    [
      'a source directory and variables of the deployment',
      { AZUREML_SOURCE_DIRECTORY: 'code_dir', MY_SETTING: 'x', SERVICE_NAME: 's', WORKER_TIMEOUT: '77' },
    ],
    ['telemetry that is neither on nor off', { AML_APP_INSIGHTS_ENABLED: 'asdf', AML_APP_INSIGHTS_KEY: 'x' }],
    ['telemetry without a key', { AML_APP_INSIGHTS_ENABLED: 'true' }],
    ['telemetry with a key that is no UUID', { AML_APP_INSIGHTS_ENABLED: 'true', AML_APP_INSIGHTS_KEY: 'x' }],
  ])('everything is as in the real server: %s', async (_name, environment) => {
    const { theirs, ours } = await facts(environment);
    expect(ours).toEqual(theirs);
  });
});

const LOGGING = JSON.stringify({
  version: 1,
  disable_existing_loggers: false,
  formatters: {
    short: {
      class: 'azureml_inference_server_http.log_config.AMLLogFormatter',
      format: '%(levelname)s|%(message)s',
    },
  },
  handlers: { out: { class: 'logging.StreamHandler', stream: 'ext://sys.stdout', formatter: 'short' } },
  root: { level: 'INFO', handlers: ['out'] },
});
const LOGGING_SCRIPT = `import logging
def init():
    logging.info("in init")
def run(data):
    return [[type(one).__name__, one.formatter._fmt] for one in logging.root.handlers] + [logging.root.level]
`;

describe.skipIf(!hasRealServer)('a logging.json', () => {
  it.each(['logging.json', 'code_dir/logging.json'])(
    'sets logging up as in the real server: %s',
    async (place) => {
      project = await Project.create();
      const entryScript = await project.write('code_dir/score.py', LOGGING_SCRIPT);
      await project.write(place, LOGGING);
      const real = project.use(await RealServer.start(project.directory, 'code_dir/score.py'));
      const pool = project.use(
        await startScorePool(project.options({ entryScript }), AbortSignal.timeout(30_000)),
      );
      expect(textOf(await ask(pool, post('')))).toBe((await real.ask(post(''))).body.toString());
      expect(project.lines('script')).toEqual(['info INFO|in init']);
    },
  );

  it('that is wrong is reported with its location', async () => {
    project = await Project.create(LOGGING_SCRIPT);
    const file = await project.write('logging.json', '{"version": 3}');
    await expect(startScorePool(project.options(), AbortSignal.timeout(30_000))).rejects.toMatchObject({
      message: expect.stringMatching(/^Invalid logging config in .*logging\.json: Unsupported version: 3$/),
      location: { file },
    });
  });
});

it('is warned that basicConfig() does nothing, as in the real server, unless forced', async () => {
  project = await Project.create(`import logging
logging.basicConfig(level=logging.INFO)
logging.basicConfig(level=logging.INFO)
def init():
    logging.info("unseen")
    logging.basicConfig(level=logging.INFO, force=True, format="%(message)s")
    logging.info("seen")
def run(data):
    pass
`);
  project.use(await startScorePool(project.options(), AbortSignal.timeout(30_000)));
  expect(project.lines('script')).toEqual(['info seen']);
  const warnings = project.lines('worker').filter((line) => line.startsWith('warning'));
  expect(warnings).toEqual([expect.stringContaining('Give it force=True')]);
});
