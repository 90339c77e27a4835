import { encodeModelConfig } from '../../repository/index.ts';
import { allStatistics, describeModel, describeServer, modelStatistics } from '../model-information.ts';
import type { UnaryMethods } from './methods.ts';
import { readModelVersion } from './model-version.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

export const MODEL_METHODS: UnaryMethods = {
  ServerMetadata: {
    endpoint: 'server-metadata',
    answer(service, request) {
      decodeMessage('NoFields', request);
      return encodeMessage('ServerMetadataResponse', describeServer(service.version));
    },
  },
  ModelMetadata: {
    endpoint: 'model-metadata',
    answer({ models }, request) {
      const { name, version } = decodeMessage<ModelRequest>('ModelRequest', request);
      return encodeMessage('ModelMetadataResponse', describeModel(models, name, readModelVersion(version)));
    },
  },
  ModelConfig: {
    endpoint: 'model-config',
    answer({ models }, request) {
      const { name, version } = decodeMessage<ModelRequest>('ModelRequest', request);
      const { config } = models.find(name, readModelVersion(version));
      return encodeMessage('ModelConfigResponse', { config: encodeModelConfig(config) });
    },
  },
  ModelStatistics: {
    endpoint: 'model-stats',
    answer({ models }, request) {
      const { name, version: text } = decodeMessage<ModelRequest>('ModelRequest', request);
      const version = readModelVersion(text);
      const reports = name === '' ? allStatistics(models) : modelStatistics(models, name, version);
      return encodeMessage('ModelStatisticsResponse', { model_stats: reports });
    },
  },
};
