// Reads v2 YAML files as azure-ai-ml does: `schemas.json` is extracted from the package, the rest interprets it.
export { checkFile } from './check-file.ts';
export { withEnvironmentFile } from './included-file.ts';
