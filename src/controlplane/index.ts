// Controlplane: the part of Azure Resource Manager, of Azure's token service and of Blob Storage that the Azure ML SDK v2 calls,
// as one fastify application over HTTPS. It translates Azure's REST resources from and to the verbs of `azureml`; it
// decides nothing about models or deployments itself.
export {
  type ClientEnvironment,
  type ClientEnvironmentOptions,
  clientEnvironment,
} from './client/client-environment.ts';
export {
  defaultForm,
  ENVIRONMENT_FORMS,
  type EnvironmentForm,
  printedEnvironment,
} from './client/printed-environment.ts';
export {
  findControlPlane,
  type JoinedControlPlane,
  joinControlPlane,
} from './lifecycle/join-control-plane.ts';
export { type RunningControlPlane, runControlPlane } from './lifecycle/run-control-plane.ts';
