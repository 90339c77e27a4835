import { invalidArgument, notFound, unsupported } from '../../kserve/index.ts';
import type { InferenceService } from '../inference-service.ts';
import { SHARED_MEMORY_DISABLED } from '../shared-memory.ts';
import type { UnaryMethods } from './methods.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

interface SystemRegion {
  readonly name: string;
  readonly key: string;
  /** A 64-bit integer, as a number or a `Long` of protobufjs. */
  readonly offset: unknown;
  readonly byte_size: unknown;
}

const NOTHING = new Uint8Array(0);

const nameIn = (request: Buffer) => decodeMessage<{ readonly name: string }>('RegionRequest', request).name;

/** System shared memory, and that of CUDA as a server without GPUs has it: there are no regions, and none can be made. */
export const SHARED_MEMORY_METHODS: UnaryMethods = {
  SystemSharedMemoryStatus: {
    endpoint: 'shared-memory-status',
    answer({ regions }, request) {
      const found = regions.status(nameIn(request));
      return encodeMessage('SystemSharedMemoryStatusResponse', {
        regions: Object.fromEntries(found.map((region) => [region.name, region])),
      });
    },
  },
  SystemSharedMemoryRegister: {
    endpoint: 'shared-memory-register',
    answer(service, request) {
      const region = decodeMessage<SystemRegion>('SystemSharedMemoryRegisterRequest', request);
      requireClientMemory(service);
      const { name, key, offset, byte_size } = region;
      service.regions.register(name, key, Number(offset), Number(byte_size));
      return NOTHING;
    },
  },
  SystemSharedMemoryUnregister: {
    endpoint: 'shared-memory-unregister',
    answer({ regions }, request) {
      regions.unregister(nameIn(request));
      return NOTHING;
    },
  },
  CudaSharedMemoryStatus: {
    endpoint: 'shared-memory-status',
    answer(_service, request) {
      const name = nameIn(request);
      if (name !== '') throw notFound(`Unable to find cuda shared memory region: '${name}'`);
      return NOTHING;
    },
  },
  CudaSharedMemoryRegister: {
    endpoint: 'shared-memory-register',
    answer(service, request) {
      decodeMessage('CudaSharedMemoryRegisterRequest', request);
      requireClientMemory(service);
      throw invalidArgument('failed to register shared memory region: invalid args');
    },
  },
  CudaSharedMemoryUnregister: {
    endpoint: 'shared-memory-unregister',
    answer(_service, request) {
      nameIn(request);
      return NOTHING;
    },
  },
};

function requireClientMemory({ settings }: InferenceService): void {
  if (!settings.clientSharedMemory) throw unsupported(SHARED_MEMORY_DISABLED);
}
