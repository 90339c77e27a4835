import type { ServerResponse } from 'node:http';
import {
  asString,
  asUnsigned,
  invalidArgument,
  isObject,
  type JsonObject,
  memberOf,
  notFound,
  readJson,
} from '../../kserve/index.ts';
import type { SharedMemoryRegions } from '../shared-memory.ts';
import { answerEmpty, answerJson } from './answer.ts';
import type { Route } from './route.ts';

/** The system shared memory extension. */
export function systemSharedMemory(
  regions: SharedMemoryRegions,
  { endpoint, name }: Route,
  body: Buffer,
  response: ServerResponse,
): void {
  if (endpoint === 'shared-memory-status') {
    answerJson(response, regions.status(name));
    return;
  }
  if (endpoint === 'shared-memory-register') {
    const request = readObject(body);
    const key = asString(required(request, 'key'), '');
    const offset = request.get('offset');
    const start = offset === undefined ? 0 : asUnsigned(offset, '');
    regions.register(name, key, start, asUnsigned(required(request, 'byte_size'), ''));
  } else {
    regions.unregister(name);
  }
  answerEmpty(response, 200, 'application/json');
}

/** The CUDA shared memory extension of a server without GPUs: there are no regions, and none can be registered. */
export function cudaSharedMemory({ endpoint, name }: Route, body: Buffer, response: ServerResponse): void {
  if (endpoint === 'shared-memory-register') {
    const request = readObject(body);
    const handle = memberOf(required(request, 'raw_handle'), 'b64', '');
    asString(handle, '');
    asUnsigned(memberOf(request, 'byte_size', ''), '');
    asUnsigned(memberOf(request, 'device_id', ''), '');
    throw invalidArgument("'raw_handle' must be a valid base64 encoded cudaIpcMemHandle_t");
  }
  if (endpoint === 'shared-memory-unregister') answerEmpty(response, 200, 'application/json');
  else if (name !== '') throw notFound(`Unable to find cuda shared memory region: '${name}'`);
  else answerJson(response, []);
}

function readObject(body: Buffer): JsonObject {
  const value = readJson(body.toString('latin1'));
  return isObject(value) ? value : new Map();
}

function required(request: JsonObject, key: string) {
  const value = request.get(key);
  if (value === undefined) throw invalidArgument(`Shared memory register request has no '${key}' field`);
  return value;
}
