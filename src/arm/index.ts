// Arm: the part of Azure Resource Manager, of Azure's token service and of Blob Storage that the Azure ML SDK v2 calls,
// as one fastify application over HTTPS. It translates Azure's REST resources from and to the verbs of `azureml`; it
// decides nothing about models or deployments itself.
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
