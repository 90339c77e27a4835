// Endpoint: the door of an online endpoint: keys, traffic split, and the way to one of its deployments. It knows
// HTTP and the workspace's records; it refuses to know what a deployment serves.
export { runEndpointDoor } from './run-door.ts';
