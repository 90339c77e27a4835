import type { SideService } from '../base/index.ts';

/** What a Triton serves on ports beside its HTTP port. */
export const SIDE_SERVICES = {
  grpc: { title: 'Triton gRPC', flag: '--grpc-port' },
  metrics: { title: 'Triton metrics', flag: '--metrics-port' },
} as const satisfies Readonly<Record<string, SideService>>;
