/** The name of the local cloud: what `AZUREML_CURRENT_CLOUD` must be. */
export const CLOUD_NAME = 'TritonLocal';

/**
 * The cloud as azure-ai-ml and azure-cli read it. The SDK makes the suffix of Azure ML's own URLs from the portal's
 * name, and refuses a metadata document whose `resourceManager` is not a part of the URL that it asked.
 * @param origin of the control plane: `https://127.0.0.1:PORT`.
 */
export function cloudMetadata(origin: string): Readonly<Record<string, unknown>> {
  const url = `${origin}/`;
  return {
    name: CLOUD_NAME,
    portal: 'https://portal.azure.com',
    resourceManager: url,
    authentication: {
      loginEndpoint: url,
      audiences: [url, origin],
      tenant: 'common',
      identityProvider: 'AAD',
    },
    suffixes: {
      storage: 'blob.local',
      acrLoginServer: 'azurecr.local',
      keyVaultDns: 'vault.local',
      sqlServerHostname: 'database.local',
      mhsmDns: 'mhsm.local',
      azureDataLakeStoreFileSystem: 'datalake.local',
      azureDataLakeAnalyticsCatalogAndJob: 'analytics.local',
    },
    graph: url,
    graphAudience: url,
    microsoftGraphResourceId: url,
    activeDirectoryDataLake: url,
    batch: url,
    media: url,
    sqlManagement: url,
    vmImageAliasDoc: url,
    gallery: url,
  };
}
