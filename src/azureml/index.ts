// Azureml: the verbs of Azure ML as operations on a workspace: models, environments, deployments, services. It knows
// Azure's names, schemas, texts and shapes; it refuses to serve anything itself: a service is an emulator of its own.
export { parseLabels } from './labels.ts';
export {
  deleteModel,
  downloadModel,
  listModels,
  registerModel,
  type Say,
  showModel,
  updateModel,
} from './models.ts';
