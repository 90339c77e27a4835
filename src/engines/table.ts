import type { EngineKind } from '../events/index.ts';
import type { EngineDescriptor } from './descriptor.ts';
import { dockerDescriptor } from './docker/descriptor.ts';
import { embeddedDescriptor } from './embedded/descriptor.ts';
import { externalDescriptor } from './external/descriptor.ts';
import { nativeDescriptor } from './native/descriptor.ts';

/** Every engine. `--engine auto` tries them in this order. */
export const ENGINES: Readonly<Record<EngineKind, EngineDescriptor>> = {
  docker: dockerDescriptor,
  native: nativeDescriptor,
  embedded: embeddedDescriptor,
  external: externalDescriptor,
};
