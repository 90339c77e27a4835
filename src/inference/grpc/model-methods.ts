import { encodeModelConfig } from '../../repository/index.ts';
import { allStatistics, describeModel, describeServer, modelStatistics } from '../model-information.ts';
import type { UnaryMethods } from './methods.ts';
import { readModelRequest } from './model-request.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

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
      const { name, version } = readModelRequest(request);
      return encodeMessage('ModelMetadataResponse', describeModel(models, name, version));
    },
  },
  ModelConfig: {
    endpoint: 'model-config',
    answer({ models }, request) {
      const { name, version } = readModelRequest(request);
      const { config } = models.find(name, version);
      return encodeMessage('ModelConfigResponse', { config: encodeModelConfig(config) });
    },
  },
  ModelStatistics: {
    endpoint: 'model-stats',
    answer({ models }, request) {
      const { name, version } = readModelRequest(request);
      const reports = name === '' ? allStatistics(models) : modelStatistics(models, name, version);
      return encodeMessage('ModelStatisticsResponse', { model_stats: reports });
    },
  },
};
