import { EXIT } from '../exit-codes.ts';
import { type ErrorTopic, system, user } from './error-entry.ts';

export const SCRIPT_ERRORS: ErrorTopic = {
  SCRIPT_FAILED: user(
    EXIT.failed,
    'The entry script could not be loaded, or `init()` raised an exception.',
    'Correct the line that the message names, and save; the script is loaded again.',
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
  EXECUTION_ENVIRONMENT: user(
    EXIT.failed,
    'The packed environment that `EXECUTION_ENV_PATH` in `config.pbtxt` names cannot be used.',
    'Name an archive of conda-pack or venv-pack, or a folder with `bin/python` in it, built for this system. The message says what is wrong.',
  ),
  PYTHON_MISSING: system(
    EXIT.prerequisite,
    'No suitable Python was found, or it cannot be started.',
    'Install Python 3.8 or newer, or name one with `--python`.',
  ),
  PYTHON_TOO_OLD: system(
    EXIT.prerequisite,
    'The Python that you named is older than 3.8.',
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
    "Read pip's error in the message; check the package names and the network.",
  ),
  DEBUGPY_MISSING: system(
    EXIT.prerequisite,
    'The Python of the script cannot import `debugpy`.',
    'Install it with the command in the hint.',
  ),
  HARNESS_MISSING: system(EXIT.failed, 'Files of triton-local are missing.', 'Install triton-local again.'),
  PAGE_MISSING: system(
    EXIT.failed,
    'The files of the web page are missing. Everything else works.',
    'Install triton-local again.',
  ),
  BROWSER_UNAVAILABLE: system(
    EXIT.failed,
    'The key `o` found no browser, as on a server.',
    'Open the address that the message names in a browser.',
  ),
  TEMPLATE_MISSING: system(
    EXIT.failed,
    'A template of triton-local is missing.',
    'Install triton-local again.',
  ),
};

export const SCORING_ERRORS: ErrorTopic = {
  SCORING_FAILED: user(
    EXIT.failed,
    'The service answered a request with an error.',
    'Read the answer in the message, and the log of the service.',
  ),
  SCORING_BAD_STATUS: system(
    EXIT.failed,
    'The script returned a status that HTTP does not have.',
    'Return a status from 100 to 599.',
  ),
  SCORING_NO_ENGINE: system(EXIT.failed, 'A deployment without an entry script has no engine.', 'Report it.'),
  REQUESTS_INVALID: user(
    EXIT.usage,
    'There are no sample requests, or the file is not valid.',
    'See [the format](sample-requests.md).',
  ),
  REPLAY_NOTHING: user(
    EXIT.failed,
    'There is no request to pin.',
    'Send one to `/score` first, or name a file with `--replay`.',
  ),
  REPLAY_UNREADABLE: user(
    EXIT.failed,
    'The file of `--replay` cannot be read.',
    'Name a file that holds the body of one request.',
  ),
  REPLAY_TOO_LARGE: user(EXIT.failed, 'The request to pin is too large.', 'Pin a smaller request.'),
};
