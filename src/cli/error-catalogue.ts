import { EXIT } from './exit-codes.ts';

/** What a code stands for. */
export interface ErrorEntry {
  /** Whether the user's input or the machine is at fault; `either` where it depends on the case. */
  readonly kind: 'user' | 'system' | 'either';
  /** The exit status of a command that ends with it. */
  readonly exit: number;
  readonly about: string;
  readonly remedy: string;
}

const entry =
  (kind: ErrorEntry['kind']) =>
  (exit: number, about: string, remedy: string): ErrorEntry => ({ kind, exit, about, remedy });
const user = entry('user');
const system = entry('system');
const either = entry('either');

/**
 * Every error code by topic; a test compares it with the codes in the source. `docs/reference/errors.md` is generated
 * from it with `npm run docs`.
 */
export const ERROR_CATALOGUE: Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>> = {
  'Command line and settings': {
    USAGE: user(
      EXIT.usage,
      'The command line names an unknown command or flag, or leaves out a required one.',
      'Follow the suggestion, or see `triton-local COMMAND --help`.',
    ),
    CONFIG_INVALID: user(
      EXIT.usage,
      'A flag, a variable or a key of `triton-local.yaml` has a value that is not valid.',
      'The message names the setting and what it accepts.',
    ),
    CONFIG_FILE_INVALID: user(
      EXIT.usage,
      '`triton-local.yaml` cannot be read, is not valid YAML, or has an unknown key.',
      'Correct the line that the message names.',
    ),
    PROJECT_NOT_FOUND: user(
      EXIT.usage,
      'The given folder or file does not exist, or is a file other than `.onnx`.',
      'Give the folder with the models and the script, or one `.onnx` file.',
    ),
    PROJECT_EMPTY: user(
      EXIT.usage,
      'The folder holds neither models nor an entry script.',
      'Name them with `--models` or `--entry-script`, or give another folder.',
    ),
    ANSWER_NEEDED: user(
      EXIT.unanswered,
      'A question has to be answered, and there is no terminal to ask it on.',
      'Agree in advance with `--yes`, or use the alternative in the hint.',
    ),
    PORT_TAKEN: system(
      EXIT.prerequisite,
      'Another process listens on a port.',
      'End the process that the message names, or choose another port; 0 takes any free one.',
    ),
    PORT_REFUSED: system(
      EXIT.prerequisite,
      'The system does not allow listening on an address or a port.',
      'Use `127.0.0.1` and a port above 1023.',
    ),
  },
  Engines: {
    ENGINE_UNAVAILABLE: system(
      EXIT.prerequisite,
      'The engine that was asked for, or its GPU, is not available here.',
      'Follow the hint; `triton-local doctor` shows what is missing.',
    ),
    ENGINE_START_FAILED: system(
      EXIT.failed,
      'Triton ended while it started.',
      "Read Triton's own words in the message and the log.",
    ),
    ENGINE_GONE: system(
      EXIT.failed,
      'Triton ended, and starting it again did not help.',
      "Read Triton's last words in the log.",
    ),
    ENGINE_STOP_FAILED: system(
      EXIT.failed,
      'The embedded engine did not stop cleanly.',
      'Check for processes that were left behind, and report it.',
    ),
    TRITON_MISSING: system(
      EXIT.prerequisite,
      'The package nvidia-pytriton has no `tritonserver` for this system.',
      'Give one with `--tritonserver`, or use `--engine embedded`.',
    ),
    TRITON_STUB_MISSING: system(
      EXIT.prerequisite,
      'This `tritonserver` cannot run Python models on this version of Python.',
      'Put a supported `python3` first on PATH, or use another engine.',
    ),
    TRITON_UNLOADABLE: system(
      EXIT.prerequisite,
      '`tritonserver` cannot start, because a library is missing or too old.',
      'Install the library that the hint names, or use another engine.',
    ),
    TRITON_TLS_UNREADABLE: system(
      EXIT.prerequisite,
      'A certificate or key for the external Triton cannot be read.',
      'Check the path and the permissions of the file.',
    ),
    ONNXRUNTIME_INSTALL_FAILED: system(
      EXIT.prerequisite,
      'npm could not install `onnxruntime-node`.',
      'Check the network, or install it in the project with the command in the hint.',
    ),
    ONNXRUNTIME_MISSING: system(
      EXIT.failed,
      '`onnxruntime-node`, which runs ONNX models, was not found.',
      'Install it with the command in the hint.',
    ),
    DOCKER_UNAVAILABLE: system(
      EXIT.prerequisite,
      'No Docker daemon answers, or it stopped answering.',
      'Start it; `triton-local doctor` shows which addresses were tried.',
    ),
    DOCKER_HOST_INVALID: user(
      EXIT.usage,
      'The address of the Docker daemon is not valid.',
      'Write `unix:///path`, `npipe:////./pipe/docker_engine`, `tcp://host:2375` or `ssh://user@host`.',
    ),
    DOCKER_CONTEXT_INVALID: user(
      EXIT.prerequisite,
      'The Docker context cannot be used.',
      'List the contexts with `docker context ls`.',
    ),
    DOCKER_TLS_UNREADABLE: system(
      EXIT.prerequisite,
      'The certificates of the Docker daemon cannot be read.',
      '`DOCKER_CERT_PATH` must hold `ca.pem`, `cert.pem` and `key.pem`.',
    ),
    DOCKER_IMAGE_MISSING: system(
      EXIT.prerequisite,
      'The Triton image is not on this machine.',
      'Get it with `triton-local pull`.',
    ),
    DOCKER_IMAGE_UNFIT: system(
      EXIT.prerequisite,
      'The image holds no `tritonserver`.',
      'Name a Triton image with `--image`.',
    ),
    DOCKER_PULL_FAILED: system(
      EXIT.prerequisite,
      'The Triton image could not be pulled.',
      'Follow the hint: it tells network, login and disk space apart.',
    ),
    DOCKER_BUILD_FAILED: system(
      EXIT.prerequisite,
      'The slim image could not be built.',
      'It needs its base image and PyPI; name another base with `--slim-base`.',
    ),
    DOCKER_GPU_UNAVAILABLE: system(
      EXIT.prerequisite,
      'Docker cannot give a container a GPU.',
      "Install NVIDIA's container toolkit, or use `--gpus none`.",
    ),
  },
  Models: {
    MODEL_LOAD_FAILED: either(
      EXIT.failed,
      'A model could not be loaded; what served before keeps serving.',
      "Correct what Triton's reason names; the next save is tried again.",
    ),
    MODELS_ELSEWHERE: user(
      EXIT.failed,
      'With `--engine external`, the models belong to the other server; triton-local sends it no load or unload.',
      "Change that server's model repository, then send the request that the hint shows.",
    ),
    MODEL_UNLOAD_FAILED: system(
      EXIT.failed,
      'Triton did not unload a model.',
      "Read Triton's reason in the message.",
    ),
    MODEL_COPY_FAILED: system(
      EXIT.failed,
      'A model could not be copied into the container.',
      'Check the disk space of the Docker daemon.',
    ),
    MODEL_THREAD_ENDED: system(
      EXIT.failed,
      'The thread that ran an ONNX model ended.',
      'It is started again; report it if it happens again.',
    ),
    MODEL_CHANGED_WHILE_STAGING: user(
      EXIT.failed,
      'A model file changed while it was read.',
      'Nothing: it is read again once the files rest.',
    ),
    MODEL_PATH_ESCAPES: system(
      EXIT.failed,
      "A path in a model leads out of the model's folder.",
      'Keep the files of a model in its folder.',
    ),
    MODEL_FAILED: user(
      EXIT.failed,
      'A model of a deployment did not become ready.',
      'Correct what the reason names, and deploy again.',
    ),
    REPOSITORY_UNREADABLE: user(
      EXIT.failed,
      'The model repository, or a file in it, cannot be read.',
      'Check the path and the permissions.',
    ),
    REPOSITORY_TOO_LARGE: user(
      EXIT.failed,
      'The folder holds more files than a model repository should.',
      'Give the folder that holds one folder for each model.',
    ),
    RELOAD_MODEL_UNKNOWN: user(
      EXIT.failed,
      'The model to reload is not in the model repository.',
      'The hint lists the models.',
    ),
    RELOAD_STOPPED: system(
      EXIT.failed,
      'The emulator stopped before the reload was done.',
      'Start it again.',
    ),
  },
  'Entry script and Python': {
    SCRIPT_FAILED: user(
      EXIT.failed,
      'The entry script could not be loaded, or `init()` raised.',
      'Correct the line that the message names; the next save is tried.',
    ),
    WORKER_FAILED: system(
      EXIT.failed,
      'A Python worker ended unexpectedly.',
      "Read the worker's last lines in the log.",
    ),
    WORKER_FRAME: system(
      EXIT.failed,
      'A Python worker sent something that is not part of the protocol.',
      'Report it, with the script if possible.',
    ),
    PYTHON_MISSING: system(
      EXIT.prerequisite,
      'No suitable Python was found, or it cannot be started.',
      'Install Python 3.8 or newer, or name one with `--python`.',
    ),
    PYTHON_TOO_OLD: system(
      EXIT.prerequisite,
      'The Python that was given is older than 3.8.',
      'Install a newer one, or name one with `--python`.',
    ),
    ENVIRONMENT_FILE: user(
      EXIT.failed,
      'The requirements or conda file is not valid.',
      'Correct the file that the message names.',
    ),
    ENVIRONMENT_FAILED: system(
      EXIT.prerequisite,
      'The Python environment could not be built.',
      "Read pip's words in the message; check package names and the network.",
    ),
    DEBUGPY_MISSING: system(
      EXIT.prerequisite,
      'The Python of the script cannot import `debugpy`.',
      'Install it with the command in the hint.',
    ),
    HARNESS_MISSING: system(EXIT.failed, 'Files of triton-local are missing.', 'Install triton-local again.'),
    TEMPLATE_MISSING: system(
      EXIT.failed,
      'A template of triton-local is missing.',
      'Install triton-local again.',
    ),
  },
  'Scoring and sample requests': {
    SCORING_FAILED: user(
      EXIT.failed,
      'The service answered a request with an error.',
      'Read the answer in the message, and the log of the service.',
    ),
    SCORING_BAD_STATUS: system(
      EXIT.failed,
      'The script answered with a status that HTTP does not have.',
      'Return a status from 100 to 599.',
    ),
    SCORING_NO_ENGINE: system(
      EXIT.failed,
      'A deployment without an entry script has no engine.',
      'Report it.',
    ),
    REQUESTS_INVALID: user(
      EXIT.usage,
      'The sample requests cannot be read, or are not valid.',
      'See [the format](sample-requests.md).',
    ),
    REPLAY_NOTHING: user(
      EXIT.failed,
      'There is no request that could be pinned.',
      'Send one to `/score` first, or name a file with `--replay`.',
    ),
    REPLAY_UNREADABLE: user(
      EXIT.failed,
      'The file of `--replay` cannot be read.',
      'Name a file that holds the body of one request.',
    ),
    REPLAY_TOO_LARGE: user(EXIT.failed, 'The request to pin is too large.', 'Pin a smaller request.'),
  },
  'Running emulators': {
    NOT_RUNNING: either(
      EXIT.failed,
      'No emulator runs, or it does not answer.',
      'Start one with `triton-local up`, or see `triton-local ps`.',
    ),
    SEVERAL_RUNNING: user(
      EXIT.failed,
      'Several emulators run for the project, and the command does not say which is meant.',
      'Choose one with `--id`; `triton-local ps` lists them.',
    ),
    ALREADY_RUNNING: user(
      EXIT.prerequisite,
      'An emulator already runs or starts for this project.',
      'Use `attach` or `down`, or start another beside it with `--id NAME` and ports of its own.',
    ),
    NOT_READY: system(
      EXIT.failed,
      'The project did not become ready.',
      'The message names the models that failed.',
    ),
    START_TIMED_OUT: system(
      EXIT.timedOut,
      'Something was not ready in time.',
      'Give it longer with `--timeout`.',
    ),
    START_ABORTED: system(EXIT.failed, 'A start was called off.', 'Nothing: it was asked for.'),
    START_CRASHED: system(
      EXIT.failed,
      'The emulator in the background ended while it started.',
      'Read its last words in the message.',
    ),
    STOPPING: system(EXIT.failed, 'The emulator is stopping.', 'Start it again.'),
    STOP_INCOMPLETE: system(
      EXIT.failed,
      'Not everything stopped.',
      'The message names what is left; end it by hand.',
    ),
    CONTROL_UNAVAILABLE: system(
      EXIT.failed,
      'The control socket could not be opened.',
      'Set `TRITON_LOCAL_HOME` to a folder of your own on a local disk.',
    ),
    CONTROL_UNREACHABLE: system(
      EXIT.failed,
      'The emulator does not answer on its control socket.',
      'It may be ending; try again, or end the process.',
    ),
    CONTROL_VERSION: system(
      EXIT.failed,
      'The emulator runs another version of triton-local.',
      'Restart it with this version.',
    ),
    CONTROL_CLOSED: system(
      EXIT.failed,
      'The connection to the emulator was lost.',
      'It may have ended; see `triton-local ps`.',
    ),
    CONTROL_BAD_REQUEST: system(
      EXIT.failed,
      'Something other than triton-local wrote to the control socket.',
      'Use the command line.',
    ),
    CONTROL_UNSUPPORTED: user(EXIT.failed, 'The process does not take this command.', 'Follow the hint.'),
    COMMAND_FAILED: system(EXIT.failed, 'The command of `exec` cannot be run.', 'Check its name and PATH.'),
    DATA_NOT_FOUND: user(
      EXIT.failed,
      'No file of this name has been collected.',
      '`triton-local data` lists the files.',
    ),
    DATA_AMBIGUOUS: user(EXIT.failed, 'Several collected files end in this name.', 'Give more of the path.'),
  },
  'State folder and keys': {
    WORKSPACE_UNUSABLE: system(
      EXIT.failed,
      'The state folder or the workspace file cannot be used.',
      'Set `TRITON_LOCAL_HOME` to a folder that you may write to.',
    ),
    WORKSPACE_UNREADABLE: system(
      EXIT.failed,
      'The workspace file is damaged.',
      'Correct the file, or move it away and start with an empty workspace.',
    ),
    WORKSPACE_BUSY: system(
      EXIT.failed,
      'Another process keeps the workspace locked.',
      'Wait for the other command, and try again.',
    ),
    SOCKET_FOLDER_UNSAFE: system(
      EXIT.failed,
      'Other users can enter the folder of the control socket.',
      'Remove the folder, or run the `chmod` of the hint.',
    ),
    KEYS_UNREADABLE: user(
      EXIT.failed,
      'The file with the keys cannot be read.',
      'Remove the file; new keys are made.',
    ),
    CONTENT_UNUSABLE: user(
      EXIT.failed,
      'The content to register is empty or too large.',
      'Give the folder of the model alone.',
    ),
  },
  'Azure ML verbs': {
    AZUREML_REFUSED: user(EXIT.failed, 'Azure ML would refuse this.', "The message has Azure's words."),
    AZUREML_FILE_INVALID: user(
      EXIT.usage,
      'A YAML or JSON file for Azure ML is not valid.',
      'Correct the line that the message names.',
    ),
    MODEL_NOT_FOUND: user(
      EXIT.failed,
      'No model of this name and version is registered.',
      '`triton-local model list` lists the models.',
    ),
    SERVICE_NOT_FOUND: either(
      EXIT.failed,
      'No service of this name exists.',
      '`triton-local service list` lists the services.',
    ),
    SERVICE_EXISTS: user(
      EXIT.failed,
      'A service of this name already exists.',
      'Deploy with `--overwrite`, or delete it first.',
    ),
    SERVICE_STOPPED: user(
      EXIT.failed,
      'The service or endpoint does not run or does not answer.',
      'Deploy it again.',
    ),
    DEPLOYMENT_FAILED: either(
      EXIT.failed,
      'The deployment did not become ready.',
      'Read the log of the deployment.',
    ),
    DEPLOYMENT_NOT_FOUND: user(
      EXIT.failed,
      'The endpoint has no deployment of this name.',
      '`triton-local online-deployment list` lists them.',
    ),
    ENDPOINT_NOT_FOUND: user(
      EXIT.failed,
      'No endpoint of this name exists.',
      '`triton-local online-endpoint list` lists them.',
    ),
    ENVIRONMENT_NOT_FOUND: user(
      EXIT.failed,
      'No environment of this name exists in the workspace.',
      '`triton-local environment list` lists them.',
    ),
  },
  'Faults of triton-local': {
    INTERNAL: system(
      EXIT.failed,
      'Something went wrong that triton-local does not know.',
      'Run the command again with `--verbose`, and report it.',
    ),
    LIFETIME_ENDED: system(
      EXIT.failed,
      'A part was started while everything was being stopped.',
      'Start again, and report it if it happens again.',
    ),
  },
};

/** The entry of a code; undefined for a code that is not in the catalogue. */
export function findErrorEntry(code: string): ErrorEntry | undefined {
  for (const topic of Object.values(ERROR_CATALOGUE)) if (topic[code]) return topic[code];
  return undefined;
}

/** The exit status that an error ends a command with. */
export function exitCodeOf({ code }: { readonly code: string }): number {
  return findErrorEntry(code)?.exit ?? EXIT.failed;
}
