/**
 * Flags of `az ml model deploy` and `az ml service update` that tune how a service runs
 * (docs/reference/azureml.md#az-ml-model-deploy).
 */
export const TUNING_FLAGS = [
  ['--cc, --cpu-cores <number>', 'CPU cores; stored and shown'],
  ['--ccl, --cpu-cores-limit <number>', 'stored and shown'],
  ['--gb, --memory-gb <number>', 'memory in GB; stored and shown'],
  ['--gbl, --memory-gb-limit <number>', 'stored and shown'],
  ['--gc, --gpu-cores <number>', 'GPUs to request; the device used is printed'],
  ['--nr, --num-replicas <number>', 'stored and shown; one runs here'],
  ['--as, --autoscale-enabled [boolean]', 'stored and shown'],
  ['--mi, --autoscale-min-replicas <number>', 'stored and shown'],
  ['--ma, --autoscale-max-replicas <number>', 'stored and shown'],
  ['--ar, --autoscale-refresh-seconds <number>', 'stored and shown'],
  ['--at, --autoscale-target-utilization <number>', 'stored and shown'],
  ['--rm, --replica-max-concurrent-requests <number>', 'stored and shown'],
  ['--mr, --max-request-wait-time <number>', 'stored and shown'],
  ['--tm, --scoring-timeout-ms <number>', 'time limit of one request'],
  ['--ae, --auth-enabled [boolean]', 'whether requests need a key'],
  ['--token-auth-enabled [boolean]', 'whether requests need a token'],
  ['--kp, --primary-key <key>', 'the primary key'],
  ['--ks, --secondary-key <key>', 'the secondary key'],
  ['--ai, --enable-app-insights [boolean]', 'stored and shown'],
  ['--md, --collect-model-data [boolean]', 'stored and shown'],
  ['--ps, --period-seconds <number>', 'stored and shown'],
  ['--id, --initial-delay-seconds <number>', 'stored and shown'],
  ['--ts, --timeout-seconds <number>', 'stored and shown'],
  ['--st, --success-threshold <number>', 'stored and shown'],
  ['--ft, --failure-threshold <number>', 'stored and shown'],
  ['--namespace <name>', 'stored and shown'],
  ['--dn, --dns-name-label <label>', 'stored and shown'],
  ['--lo, --location <region>', 'stored and shown'],
  ['--se, --ssl-enabled [boolean]', 'stored and shown; it serves HTTP here'],
  ['--sp, --ssl-cert-pem-file <file>', 'not used here'],
  ['--sk, --ssl-key-pem-file <file>', 'not used here'],
  ['--sc, --ssl-cname <name>', 'stored and shown'],
  ['--vault-base-url <url>', 'stored and shown'],
  ['--key-name <name>', 'stored and shown'],
  ['--key-version <version>', 'stored and shown'],
  ['--vn, --vnet-name <name>', 'stored and shown'],
  ['--subnet-name <name>', 'stored and shown'],
  ['--version-name <name>', 'not emulated: one version serves'],
  ['--tp, --traffic-percentile <number>', 'not emulated: one version serves'],
] as const;

/** Flags of `az ml model deploy` and `az ml service update` for models, script and environment. */
export const CONTENT_FLAGS = [
  ['-m, --model <name:version...>', 'a registered model; may be repeated'],
  ['-f, --model-metadata-file <file...>', 'a file that model register -t wrote'],
  ['--ic, --inference-config-file <file>', 'the inference configuration, JSON'],
  ['--dc, --deploy-config-file <file>', 'the deployment configuration, JSON or YAML'],
  ['-e, --environment-name <name>', 'the environment of the entry script'],
  ['--ev, --environment-version <version>', 'its version'],
  ['--ed, --environment-directory <dir>', 'a folder with azureml_environment.json'],
  ['--es, --entry-script <file>', 'the script with init() and run()'],
  ['--sd, --source-directory <dir>', 'the folder of the script'],
  ['--rt, --runtime <name>', 'the runtime: python, python-slim or spark-py'],
  ['--cf, --conda-file <file>', 'the packages of the script'],
  ['--ds, --extra-docker-file-steps <file>', 'not used here'],
  ['--eg, --enable-gpu [boolean]', 'stored; a GPU is used if there is one'],
  ['--cv, --cuda-version <version>', 'stored: 9.0, 9.1 or 10.0'],
  ['--bi, --base-image <image>', 'the image, for the docker engine'],
  ['--ir, --base-image-registry <address>', 'stored'],
] as const;

/** Flags for what a service runs on. */
export const TARGET_FLAGS = [
  ['--ct, --compute-target <name>', 'the cluster; makes it an AKS service'],
  ['--cp, --compute-type <type>', 'LOCAL, ACI or AKS, unless the file sets it'],
  ['--po, --port <number>', 'the port of a local service'],
] as const;

export const DEPLOY_FLAGS = [
  ['-n, --name <name>*', 'name of the service'],
  ...CONTENT_FLAGS,
  ...TARGET_FLAGS,
  ['--overwrite [boolean]', 'replace a service of this name once the new one is ready'],
  ['--no-wait', 'accepted; the command waits nevertheless'],
  ['--pi, --profile-input <file>', 'not used here'],
  ['-d, --description <text>', 'stored with the service'],
  ['--tag <key=value...>', 'a tag; may be repeated'],
  ['--property <key=value...>', 'a property; may be repeated'],
  ...TUNING_FLAGS,
] as const;
