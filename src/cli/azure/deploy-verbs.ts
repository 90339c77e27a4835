/**
 * Flags of `az ml model deploy` and `az ml service update` that tune how a service runs
 * (docs/reference/azureml.md#az-ml-model-deploy).
 */
export const TUNING_FLAGS = [
  ['--cc, --cpu-cores <number>', 'CPU cores; kept and shown'],
  ['--ccl, --cpu-cores-limit <number>', 'kept and shown'],
  ['--gb, --memory-gb <number>', 'memory in GB; kept and shown'],
  ['--gbl, --memory-gb-limit <number>', 'kept and shown'],
  ['--gc, --gpu-cores <number>', 'GPUs: asked for, and told what it runs on'],
  ['--nr, --num-replicas <number>', 'kept and shown; one runs here'],
  ['--as, --autoscale-enabled [boolean]', 'kept and shown'],
  ['--mi, --autoscale-min-replicas <number>', 'kept and shown'],
  ['--ma, --autoscale-max-replicas <number>', 'kept and shown'],
  ['--ar, --autoscale-refresh-seconds <number>', 'kept and shown'],
  ['--at, --autoscale-target-utilization <number>', 'kept and shown'],
  ['--rm, --replica-max-concurrent-requests <number>', 'kept and shown'],
  ['--mr, --max-request-wait-time <number>', 'kept and shown'],
  ['--tm, --scoring-timeout-ms <number>', 'how long one request may take'],
  ['--ae, --auth-enabled [boolean]', 'whether keys are asked for'],
  ['--token-auth-enabled [boolean]', 'whether tokens are asked for'],
  ['--kp, --primary-key <key>', 'the primary key'],
  ['--ks, --secondary-key <key>', 'the secondary key'],
  ['--ai, --enable-app-insights [boolean]', 'kept and shown'],
  ['--md, --collect-model-data [boolean]', 'kept and shown'],
  ['--ps, --period-seconds <number>', 'kept and shown'],
  ['--id, --initial-delay-seconds <number>', 'kept and shown'],
  ['--ts, --timeout-seconds <number>', 'kept and shown'],
  ['--st, --success-threshold <number>', 'kept and shown'],
  ['--ft, --failure-threshold <number>', 'kept and shown'],
  ['--namespace <name>', 'kept and shown'],
  ['--dn, --dns-name-label <label>', 'kept and shown'],
  ['--lo, --location <region>', 'kept and shown'],
  ['--se, --ssl-enabled [boolean]', 'kept and shown; it serves HTTP here'],
  ['--sp, --ssl-cert-pem-file <file>', 'not used here'],
  ['--sk, --ssl-key-pem-file <file>', 'not used here'],
  ['--sc, --ssl-cname <name>', 'kept and shown'],
  ['--vault-base-url <url>', 'kept and shown'],
  ['--key-name <name>', 'kept and shown'],
  ['--key-version <version>', 'kept and shown'],
  ['--vn, --vnet-name <name>', 'kept and shown'],
  ['--subnet-name <name>', 'kept and shown'],
  ['--version-name <name>', 'not emulated: one version serves'],
  ['--tp, --traffic-percentile <number>', 'not emulated: one version serves'],
] as const;

/** What is served, as `az ml model deploy` and `az ml service update` are told. */
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
  ['--rt, --runtime <name>', 'python, python-slim or spark-py'],
  ['--cf, --conda-file <file>', 'the packages of the script'],
  ['--ds, --extra-docker-file-steps <file>', 'not used here'],
  ['--eg, --enable-gpu [boolean]', 'kept; a GPU is used where there is one'],
  ['--cv, --cuda-version <version>', '9.0, 9.1 or 10.0; kept'],
  ['--bi, --base-image <image>', 'the image, for the docker engine'],
  ['--ir, --base-image-registry <address>', 'kept'],
] as const;

/** What a service runs on. */
export const TARGET_FLAGS = [
  ['--ct, --compute-target <name>', 'the cluster: the service is of kind AKS then'],
  ['--cp, --compute-type <type>', 'LOCAL, ACI or AKS, where no file says it'],
  ['--po, --port <number>', 'the port of a local service'],
] as const;

export const DEPLOY_FLAGS = [
  ['-n, --name <name>*', 'name of the service'],
  ...CONTENT_FLAGS,
  ...TARGET_FLAGS,
  ['--overwrite [boolean]', 'replace a service of this name once the new one is ready'],
  ['--no-wait', 'taken; a service here is ready within seconds and is waited for'],
  ['--pi, --profile-input <file>', 'not used here'],
  ['-d, --description <text>', 'kept with the service'],
  ['--tag <key=value...>', 'a tag; may be repeated'],
  ['--property <key=value...>', 'a property; may be repeated'],
  ...TUNING_FLAGS,
] as const;
