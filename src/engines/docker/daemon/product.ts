import type Docker from 'dockerode';

/** What a daemon calls itself, such as `Docker Engine` or `Podman Engine`. */
export function productOf({ Components }: Docker.DockerVersion): string {
  const name = Components?.[0]?.Name ?? 'Engine';
  return name === 'Engine' ? 'Docker Engine' : name;
}

export function isPodman(version: Docker.DockerVersion): boolean {
  return /podman/i.test(productOf(version));
}
