// Emulator: the composition root. It builds the parts from a ProjectConfig, starts them in order, applies reloads to
// them and stops them in reverse; it refuses to print, to parse flags and to know a terminal.

// What `doctor`, `pull` and `prune` need from the engines without an emulator.
export {
  cdiSpecs,
  type DockerDescription,
  describeDocker,
  describeNative,
  findOnnxRuntime,
  listSlimImages,
  planEngines,
  pullByName,
} from '../engines/index.ts';
export { requireConsent, unapprovedInstallation } from './consent.ts';
export type { Emulator, EmulatorOptions, RunningEmulator } from './contract.ts';
export { createEmulator } from './emulator.ts';
