import { KServeError } from '../../kserve/index.ts';
import type { InferenceService } from '../inference-service.ts';
import type { UnaryMethods } from './methods.ts';
import { readModelRequest } from './model-request.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

const SERVING = 1;
const NOT_SERVING = 2;

export const HEALTH_METHODS: UnaryMethods = {
  ServerLive: {
    endpoint: 'live',
    answer(_service, request) {
      decodeMessage('NoFields', request);
      return encodeMessage('ServerLiveResponse', { live: true });
    },
  },
  ServerReady: {
    endpoint: 'ready',
    answer(service, request) {
      decodeMessage('NoFields', request);
      return encodeMessage('ServerReadyResponse', service.isReady ? { ready: true } : {});
    },
  },
  ModelReady: {
    endpoint: 'model-ready',
    answer(service, request) {
      const { name, version } = readModelRequest(request);
      const ready = serves(service, name, version);
      return encodeMessage('ModelReadyResponse', ready ? { ready } : {});
    },
  },
};

/** The one method of gRPC's health service that Triton implements. It ignores the name of the service. */
export const CHECK_METHODS: UnaryMethods = {
  Check: {
    endpoint: 'ready',
    answer(service, request) {
      decodeMessage('HealthCheckRequest', request);
      return encodeMessage('HealthCheckResponse', { status: service.isReady ? SERVING : NOT_SERVING });
    },
  },
};

function serves({ models }: InferenceService, name: string, version: string | undefined): boolean {
  try {
    models.find(name, version);
    return true;
  } catch (error) {
    if (error instanceof KServeError) return false;
    throw error;
  }
}
