// Proxy: the two reverse proxies of HTTP: the gateway before an engine that runs elsewhere, and the online endpoint
// before its deployments. It knows connections, messages and who may send what; it refuses to know models and scripts.
export { type RunningEndpoint, runEndpoint } from './endpoint/run-endpoint.ts';
export type { EngineEndpoints, TlsOptions } from './endpoints.ts';
export type { GatewayPorts } from './gateway/gateway-ports.ts';
export { GrpcGateway, type GrpcGatewayOptions } from './gateway/grpc-gateway.ts';
export { HttpGateway, type HttpGatewayOptions } from './gateway/http-gateway.ts';
export { SideListeners } from './gateway/side-listeners.ts';
