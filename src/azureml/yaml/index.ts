// The YAML files of v2 as azure-ai-ml reads them: `schemas.json` is taken out of the package, the rest interprets it.
export { checkFile } from './check-file.ts';
export { withEnvironmentFile } from './included-file.ts';
