import type { FastifyInstance } from 'fastify';
import { ArmError } from '../arm-error.ts';
import { WORKSPACE_PATH } from '../resource-id.ts';

/** Resources that need Azure's own services, with what each is for. */
const REASONS: Readonly<Record<string, string>> = {
  jobs: 'Jobs run on compute clusters',
  schedules: 'Schedules start jobs on compute clusters',
  components: 'Components are steps of jobs on compute clusters',
  batchEndpoints: 'Batch endpoints run jobs on compute clusters',
  serverlessEndpoints: 'Serverless endpoints serve models of the catalogue',
  marketplaceSubscriptions: 'Subscriptions of the marketplace are bought',
  connections: 'Connections give access to other services of Azure',
  featuresets: 'Feature sets run on Spark',
  featurestoreEntities: 'Feature sets run on Spark',
  labelingJobs: 'Labelling is done in the studio',
  outboundRules: 'Outbound rules belong to a managed network',
};

/** Answers requests for what is not emulated, with a sentence. Routes of other parts come first. */
export function addNotEmulatedRoutes(app: FastifyInstance): void {
  for (const [resource, reason] of Object.entries(REASONS)) {
    const refuse = async () => {
      throw notSupported(`${reason}: that needs Azure's own services and is not emulated.`);
    };
    app.all(`${WORKSPACE_PATH}/${resource}`, refuse);
    app.all(`${WORKSPACE_PATH}/${resource}/*`, refuse);
  }
  app.all(`${WORKSPACE_PATH}/models/:name/versions/:version/package`, async () => {
    throw notSupported(
      'Packages are images that Azure builds: that is not emulated. Deploy the model itself, with its environment and code.',
    );
  });
  app.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url: WORKSPACE_PATH,
    handler: async () => {
      throw notSupported(
        'A workspace of Azure is not emulated: every name means the local workspace, which cannot be created, changed or deleted.',
      );
    },
  });
  app.put(`${WORKSPACE_PATH}/datastores/*`, async () => {
    throw notSupported('Datastores are accounts of Azure Storage: only those of the workspace are emulated.');
  });
}

function notSupported(message: string): ArmError {
  return new ArmError(400, 'NotSupported', message);
}
