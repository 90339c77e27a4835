import { EXIT } from '../exit-codes.ts';
import { type ErrorTopic, either, system, user } from './error-entry.ts';

export const COMMAND_ERRORS: ErrorTopic = {
  USAGE: user(
    EXIT.usage,
    'The command line names an unknown command or flag, or leaves out a required one.',
    'Follow the suggestion, or see `triton-local COMMAND --help`.',
  ),
  CONFIG_INVALID: user(
    EXIT.usage,
    'A flag, a variable or a key of `triton-local.yaml` has an invalid value.',
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
    'Name the folder with the models and the script, or one `.onnx` file.',
  ),
  PROJECT_EMPTY: user(
    EXIT.usage,
    'The folder has neither models nor an entry script.',
    'Name them with `--models` or `--entry-script`, or name another folder.',
  ),
  ANSWER_NEEDED: user(
    EXIT.unanswered,
    'The command needs your consent, and there is no terminal on which to ask for it.',
    'Give it with `--yes`, or use the alternative in the hint.',
  ),
  PORT_TAKEN: system(
    EXIT.prerequisite,
    'Another process listens on a port.',
    'End the process that the message names, or choose another port; 0 takes any free port.',
  ),
  PORT_REFUSED: system(
    EXIT.prerequisite,
    'The system does not allow listening on an address or a port.',
    'Use `127.0.0.1` and a port above 1023.',
  ),
};

export const EMULATOR_ERRORS: ErrorTopic = {
  NOT_RUNNING: either(
    EXIT.failed,
    'No emulator is running, or it does not answer.',
    'Start one with `triton-local up`, or see `triton-local ps`.',
  ),
  SEVERAL_RUNNING: user(
    EXIT.failed,
    'Several emulators are running for the project, and the command does not name one.',
    'Choose one with `--id`; `triton-local ps` lists them.',
  ),
  ALREADY_RUNNING: user(
    EXIT.prerequisite,
    'An emulator is already running or starting for this project.',
    'Use `attach` or `down`, or start a second one with `--id NAME` and other ports.',
  ),
  NOT_READY: system(
    EXIT.failed,
    'The project did not become ready.',
    'Correct the models that the message names.',
  ),
  START_TIMED_OUT: system(
    EXIT.timedOut,
    'Something was not ready in time.',
    'Allow more time with `--timeout`, or see in the log what it waits for.',
  ),
  START_ABORTED: system(EXIT.failed, 'The start was cancelled.', 'Nothing: you cancelled it.'),
  START_CRASHED: system(
    EXIT.failed,
    'The emulator in the background ended while it started.',
    'Read the end of its log in the message.',
  ),
  STOPPING: system(EXIT.failed, 'The emulator is stopping.', 'Start it again.'),
  STOP_INCOMPLETE: system(EXIT.failed, 'Not everything stopped.', 'End by hand what the message names.'),
  CONTROL_UNAVAILABLE: system(
    EXIT.failed,
    'The control socket could not be opened.',
    'Set `TRITON_LOCAL_HOME` to a folder of your own on a local disk.',
  ),
  CONTROL_UNREACHABLE: system(
    EXIT.failed,
    'The emulator does not answer on its control socket.',
    'It may be stopping; try again, or end the process.',
  ),
  CONTROL_VERSION: system(
    EXIT.failed,
    'The emulator was started by another version of triton-local.',
    'Stop it and start it with this version.',
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
  COMMAND_FAILED: system(EXIT.failed, 'The command after `exec` cannot be run.', 'Check its name and PATH.'),
  DATA_NOT_FOUND: user(
    EXIT.failed,
    'There is no collected file of this name.',
    '`triton-local data` lists the files.',
  ),
  DATA_AMBIGUOUS: user(EXIT.failed, 'Several collected files match this name.', 'Give more of the path.'),
};

export const STATE_ERRORS: ErrorTopic = {
  WORKSPACE_UNUSABLE: system(
    EXIT.failed,
    'The state folder or the workspace file cannot be used.',
    'Set `TRITON_LOCAL_HOME` to a folder that you may write to.',
  ),
  WORKSPACE_UNREADABLE: system(
    EXIT.failed,
    'The workspace file is damaged.',
    'Correct the file, or move it away to start with an empty workspace.',
  ),
  WORKSPACE_BUSY: system(
    EXIT.failed,
    'Another process has locked the workspace.',
    'Wait for that process, and try again.',
  ),
  SOCKET_FOLDER_UNSAFE: system(
    EXIT.failed,
    'Other users can enter the folder of the control socket.',
    'Remove the folder, or run the `chmod` command in the hint.',
  ),
  KEYS_UNREADABLE: user(
    EXIT.failed,
    'The file with the keys cannot be read.',
    'Remove the file; new keys are generated.',
  ),
  CONTENT_UNUSABLE: user(
    EXIT.failed,
    'The content to register is empty or too large.',
    'Name the folder of the model itself.',
  ),
};

export const AZURE_ERRORS: ErrorTopic = {
  AZUREML_REFUSED: user(
    EXIT.failed,
    'Azure ML would refuse this.',
    "Follow the message, which is Azure's own.",
  ),
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
    'The service or endpoint is not running, or does not answer.',
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
  ASSET_EXISTS: user(
    EXIT.failed,
    'A version of a model or environment exists and has other content.',
    'Give the changed asset another version.',
  ),
};

export const INTERNAL_ERRORS: ErrorTopic = {
  INTERNAL: system(
    EXIT.failed,
    'An unexpected error in triton-local.',
    'Run the command again with `--verbose`, and report it.',
  ),
  LIFETIME_ENDED: system(
    EXIT.failed,
    'Something was started while triton-local was stopping.',
    'Start again, and report it if it happens again.',
  ),
};
