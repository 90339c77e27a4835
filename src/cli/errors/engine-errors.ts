import { EXIT } from '../exit-codes.ts';
import { type ErrorTopic, either, system, user } from './error-entry.ts';

export const ENGINE_ERRORS: ErrorTopic = {
  ENGINE_UNAVAILABLE: system(
    EXIT.prerequisite,
    'The engine or the GPU that you named is not available on this machine.',
    'Follow the hint; `triton-local doctor` shows what is missing.',
  ),
  ENGINE_START_FAILED: system(
    EXIT.failed,
    'Triton ended while it started.',
    "Read Triton's error in the message and the log.",
  ),
  ENGINE_GONE: system(
    EXIT.failed,
    'Triton ended, and restarting it did not help.',
    "Read Triton's last lines in the log.",
  ),
  ENGINE_STOP_FAILED: system(
    EXIT.failed,
    'The embedded engine did not stop cleanly.',
    'End the processes that are left, and report it.',
  ),
  TRITON_MISSING: system(
    EXIT.prerequisite,
    'The package nvidia-pytriton has no `tritonserver` for this system.',
    'Name one with `--tritonserver`, or use `--engine embedded`.',
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
    'Follow the hint, which says whether the network, the login or the disk is the cause.',
  ),
  DOCKER_BUILD_FAILED: system(
    EXIT.prerequisite,
    'The slim image could not be built.',
    'Check the network: the build needs its base image and PyPI. `--slim-base` names another base.',
  ),
  DOCKER_GPU_UNAVAILABLE: system(
    EXIT.prerequisite,
    'Docker cannot give a container a GPU.',
    "Install NVIDIA's container toolkit, or use `--gpus none`.",
  ),
};

export const MODEL_ERRORS: ErrorTopic = {
  MODEL_LOAD_FAILED: either(
    EXIT.failed,
    'A model could not be loaded. If an older version was serving, it keeps serving.',
    "Correct what Triton's reason names, and save; the model is loaded again.",
  ),
  MODELS_ELSEWHERE: user(
    EXIT.failed,
    'With `--engine external`, the models belong to the other server, and triton-local does not load or unload them.',
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
    'Nothing: the thread is restarted. Report it if it happens again.',
  ),
  MODEL_CHANGED_WHILE_STAGING: user(
    EXIT.failed,
    'A model file changed while it was being read.',
    'Nothing: it is read again once it stops changing.',
  ),
  MODEL_PATH_ESCAPES: system(
    EXIT.failed,
    "A path in a model points outside the model's folder.",
    'Keep all files of a model in its folder.',
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
    'Name the folder that contains one folder for each model.',
  ),
  RELOAD_MODEL_UNKNOWN: user(
    EXIT.failed,
    'The model to reload is not in the model repository.',
    'The hint lists the models.',
  ),
  RELOAD_STOPPED: system(
    EXIT.failed,
    'The emulator stopped before the reload was complete.',
    'Start it again.',
  ),
};
